import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { coverageFiles } from "../../tools/coverage.ts";
import { root } from "./source.ts";

test("the published coverage matches the implementation", async () => {
  for (const [path, text] of Object.entries(await coverageFiles())) {
    expect(readFileSync(join(root, path), "utf8") === text, `${path} is out of date: npm run coverage`).toBe(
      true,
    );
  }
});

test("every README that the coverage table links to exists", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const paths = [...readme.matchAll(/\]\((src\/services\/[^)]+)\)/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
