import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeFormerEras } from "./blob-eras.ts";

test("blobs of earlier eras are removed, those of an era that a reset has begun meanwhile are kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nube-eras-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const era of ["1", "2", "9", "10"]) mkdirSync(join(folder, era, "tmp"), { recursive: true });
  await removeFormerEras(folder, 9);
  expect(readdirSync(folder).sort()).toEqual(["10", "9"]);
});
