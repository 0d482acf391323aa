import * as fs from "node:fs";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { configure } from "#app/config.ts";
import { logOf } from "#app/data-folder.ts";
import { logs } from "./logs.ts";

vi.mock("node:fs", { spy: true });

test("a log that is rotated before it is opened is not an error", async () => {
  const data = mkdtempSync(join(tmpdir(), "nube-logs-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const configuration = configure({ data }, {});
  const path = logOf(configuration.config);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "a line\n");
  const opened = vi.mocked(fs.createReadStream).mockImplementationOnce((...args) => {
    rmSync(path);
    return fs.createReadStream(...args);
  });
  await logs.run({ ...configuration, flags: {}, words: [] });
  expect(opened).toHaveBeenCalledTimes(2);
});
