/** `npm test`: runs all stages in order, continues after a failure, and prints a summary at the end. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./report.ts";
import { ensureAwsCli, ensureDebianPackages } from "./setup.ts";

const root = join(import.meta.dirname, "..");
const reports = join(root, ".cache", "reports");

interface Stage {
  name: string;
  run(): Promise<Outcome>;
}

const stages: readonly Stage[] = [
  program("setup", prepare),
  program("format", () => exec("biome", ["format"])),
  program("lint", () => exec("biome", ["lint", "--error-on-warnings"])),
  program("types", () => exec("tsc", ["-p", "."])),
  program("build", () => exec("node", ["tools/build.ts"])),
  tests("unit", ["src", "tools"]),
  tests("architecture", ["tests/architecture"]),
  tests("protocol", ["tests/protocol", "tests/fuzz"]),
  tests("conformance", ["tests/conformance"]),
  tests("e2e", ["tests/e2e"]),
  tests("crash", ["tests/crash"]),
];

await main(process.argv.slice(2));

/** @param only names of the stages to run; all stages if empty */
async function main(only: readonly string[]): Promise<void> {
  const unknown = only.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined)
    throw new Error(`No stage ${unknown}: ${stages.map(({ name }) => name).join(", ")}`);
  const lines: string[] = [];
  const total = { passed: 0, failed: 0 };
  for (const { name, run } of stages) {
    if (only.length > 0 && !only.includes(name)) continue;
    console.log(`\n── ${name}`);
    const { passed, failed, skipped, failures } = await run();
    lines.push(`${failed > 0 ? "FAILED" : "ok    "}  ${name.padEnd(13)} ${passed} passed, ${failed} failed`);
    lines.push(...skipped.map((test) => `        skipped: ${test}`));
    lines.push(...failures.map((test) => `        failed: ${test}`));
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`\n${lines.join("\n")}\n\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

/** A stage that counts as one test. */
function program(name: string, ask: () => Promise<boolean>): Stage {
  return {
    name,
    async run() {
      const isGood = await ask();
      return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: [], failures: [] };
    },
  };
}

async function prepare(): Promise<boolean> {
  const missing = ensureDebianPackages();
  if (missing.length > 0) console.error(`Missing; on Debian, as root: apt-get install ${missing.join(" ")}`);
  ensureAwsCli();
  return missing.length === 0;
}

function tests(name: string, folders: readonly string[]): Stage {
  return {
    name,
    async run() {
      const present = folders.filter((folder) => existsSync(join(root, folder)));
      if (present.length === 0)
        return { passed: 0, failed: 0, skipped: [`${folders.join(", ")}: not there yet`], failures: [] };
      mkdirSync(reports, { recursive: true });
      const report = join(reports, `${name}.json`);
      rmSync(report, { force: true });
      const isGood = await exec(
        "vitest",
        [
          "run",
          ...present.map((folder) => `${folder}/`),
          "--reporter=default",
          "--reporter=./tools/report.ts",
          // A busy machine must not fail the tests.
          "--testTimeout=30000",
          "--hookTimeout=30000",
        ],
        { NUBE_REPORT: report },
      );
      return outcomeOf(report, isGood);
    },
  };
}

/** A failed run without a failed test in its report counts as one failure. */
function outcomeOf(path: string, isGood: boolean): Outcome {
  const reported: Outcome = existsSync(path)
    ? JSON.parse(readFileSync(path, "utf8"))
    : { passed: 0, failed: 0, skipped: [], failures: ["Vitest ended without a report"] };
  return { ...reported, failed: isGood ? reported.failed : Math.max(1, reported.failed) };
}

function exec(command: string, args: readonly string[], more: Record<string, string> = {}): Promise<boolean> {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const env = { ...process.env, ...more, PATH: path };
  const child = spawn(command, args, { cwd: root, stdio: "inherit", env });
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${command} does not start: ${error.message}`);
      resolve(false);
    });
    child.on("exit", (code) => resolve(code === 0));
  });
}
