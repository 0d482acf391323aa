import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * The folder of an npm package, installed with its dependencies apart from the project's own and without install scripts;
 * `undefined` if npm cannot provide it.
 */
export function fetched({ name, version }: { name: string; version: string }): string | undefined {
  const cache = new URL(`../.cache/${name}`, import.meta.url).pathname;
  const folder = `${cache}/node_modules/${name}`;
  if (existsSync(folder)) return folder;
  const install = ["install", "--prefix", cache, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    execFileSync("npm", [...install, `${name}@${version}`], { stdio: "ignore" });
    return folder;
  } catch {
    return undefined;
  }
}
