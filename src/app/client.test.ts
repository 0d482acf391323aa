import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findRunning } from "./client.ts";
import { configure } from "./config.ts";
import { claim } from "./control.ts";
import { openDataFolder } from "./data-folder.ts";
import { ExpectedError } from "./expected-error.ts";

test("an error of the cloud is reported with its message, not as a parse error", async () => {
  const data = mkdtempSync(join(tmpdir(), "nube-client-"));
  const { config } = configure({ data }, {});
  const control = await claim(openDataFolder(config));
  onTestFinished(async () => {
    await control.close();
    rmSync(data, { recursive: true, force: true });
  });
  const reports: unknown[] = [];
  control.serve(
    async () => {
      throw new Error("the store is full");
    },
    (error) => reports.push(error),
  );
  const running = await findRunning(config);
  const failure = await running.post("/_nube/reset").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ExpectedError);
  expect(failure).toMatchObject({ message: "Nube failed to answer POST /_nube/reset; see: nube logs" });
  expect(reports).toHaveLength(1);
});
