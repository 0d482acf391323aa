import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { test } from "vitest";
import { clientEnvironment } from "../harness.ts";
import { patterned } from "../sdk-js/client.ts";

/** Declares a test that is skipped if its program is not installed. */
export function testWith(program: string) {
  const isThere = (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, program)));
  return (what: string, check: () => Promise<void>) =>
    test.skipIf(!isThere)(`${program} ${what}${isThere ? "" : " (skipped: it is not installed)"}`, check);
}

/** Runs a program in an environment of only these variables, and returns its output. */
export function tool(program: string, endpoint: string, cwd: string, own: Record<string, string> = {}) {
  const env = { ...clientEnvironment(endpoint), HOME: cwd, PYTHONUTF8: "1", LC_ALL: "C.UTF-8", ...own };
  return async (...args: string[]) => (await promisify(execFile)(program, args, { cwd, env })).stdout;
}

const NAMES = [
  "a b",
  "a+b",
  "%41%2F",
  "ä🙂",
  "quo'te\"s",
  "semi;&=?#",
  "back\\slash",
  "[x]{y}^`|~*",
  "-dash",
  ".hid",
];

/**
 * Creates a folder with unusual file names and with sizes that are stored differently, one of them in parts.
 */
export async function fillTree(folder: string): Promise<void> {
  const sizes = [0, 1, 5_000, 65_537];
  const files = NAMES.map((name, n) => [join(name, `${name}.txt`), sizes[n % 4]!] as const);
  for (const [name, size] of [...files, ["big", 12 * 2 ** 20 + 1] as const]) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), patterned(size));
  }
}
