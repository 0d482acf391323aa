import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { coverageFiles } from "../../tools/coverage.ts";
import { root } from "./source.ts";

test("the coverage that is told is the coverage that is", async () => {
  for (const [path, text] of Object.entries(await coverageFiles())) {
    expect(readFileSync(join(root, path), "utf8") === text, `${path} is out of date: npm run coverage`).toBe(
      true,
    );
  }
});

test("each service has a README where the table leads", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const paths = [...readme.matchAll(/\]\((src\/services\/[^)]+)\)/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
