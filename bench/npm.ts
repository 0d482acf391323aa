import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Where a package of npm's lies, with what it needs, beside the project's own and without any of their scripts.
 * `undefined` where npm gives none.
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
