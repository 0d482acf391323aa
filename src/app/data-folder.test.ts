import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { configure } from "./config.ts";
import { bindStore, openDataFolder } from "./data-folder.ts";

test("a folder whose first start was interrupted before its store's name was written is bound at the next start", () => {
  const data = mkdtempSync(join(tmpdir(), "nube-data-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const { config } = configure({ data }, {});
  const file = join(data, "store-name");
  writeFileSync(file, "");
  bindStore(openDataFolder(config), config);
  expect(readFileSync(file, "utf8")).toBe("this folder\n");
  expect(() =>
    bindStore(openDataFolder(config), { ...config, store: "postgres://user:secret@host/name" }),
  ).toThrow("postgres://host/name");
});
