import * as fs from "node:fs";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openLogFile } from "./disk.ts";

vi.mock("node:fs", { spy: true });

function path() {
  const folder = mkdtempSync(join(tmpdir(), "nube-disk-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "log");
}

test("a missing file is created, and an existing one is kept", async () => {
  const file = path();
  const made = await openLogFile(file);
  await made.write(Buffer.from("record"), 0);
  await made.close();
  const again = await openLogFile(file);
  const bytes = Buffer.alloc(6);
  expect(await again.read(bytes)).toBe(6);
  expect(String(bytes)).toBe("record");
  await again.close();
});

test("a file that temporarily cannot be opened is an error, and keeps its content", async () => {
  const file = path();
  writeFileSync(file, "acknowledged");
  const refused = (...[, , done]: unknown[]) =>
    (done as (error: Error) => void)(Object.assign(new Error("EMFILE"), { code: "EMFILE" }));
  vi.mocked(fs.open).mockImplementationOnce(refused as typeof fs.open);
  await openLogFile(file).then(
    (opened) => opened.close(),
    () => {},
  );
  expect(readFileSync(file, "utf8")).toBe("acknowledged");
});
