/**
 * Builds the programs in `tests/e2e/sdk-*`, which use AWS's SDKs for other languages:
 * `node tools/sdks.ts`, or `node tools/sdks.ts go rust` for some. Each downloads its SDK from its language's registry, and Go and
 * Rust take minutes to compile it; so `npm test` only runs what is built, and names the others.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

type Command = readonly [program: string, ...args: string[]];

/** A program, whose only argument is the protocol to use. */
interface Recipe {
  /** Commands that the build needs; each must print its version. */
  toolchain: readonly Command[];
  /** The commands of the build, run in the folder of the sources. */
  steps: readonly Command[];
  run: Command;
  /** Environment variables of the build and of the program. */
  env: Readonly<Record<string, string>>;
}

/** `kcl` is the Kinesis Client Library, for Java. */
export type Language = "go" | "java" | "kcl" | "python" | "rust";

const sources = (language: Language) => join(root, "tests/e2e", `sdk-${language}`);
const built = (language: Language, ...rest: string[]) => join(root, ".cache/sdks", language, ...rest);

const pip: Command = ["python3", "-m", "pip", "install", "--quiet", "--root-user-action=ignore"];
const maven: Command = ["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies"];
/** Kept between builds, so that a change of the program does not compile the SDK again. */
const cargo = join(root, ".cache/cargo");
/** The first for Java up to 17, the second for later versions. */
const speaksUtf8 = ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"];

/** A Java program of one class. */
function java(language: Language, main: string): Recipe {
  const jars = built(language, "lib/*");
  const classes = built(language, "classes");
  return {
    toolchain: [
      ["mvn", "--version"],
      ["javac", "--version"],
    ],
    steps: [
      [...maven, `-DoutputDirectory=${built(language, "lib")}`],
      ["javac", "-encoding", "UTF-8", "-cp", jars, "-sourcepath", ".", "-d", classes, `${main}.java`],
    ],
    run: ["java", ...speaksUtf8, "-XX:TieredStopAtLevel=1", "-cp", `${jars}:${classes}`, main],
    env: {},
  };
}

const RECIPES: Record<Language, Recipe> = {
  go: {
    toolchain: [["go", "version"]],
    steps: [["go", "build", "-buildvcs=false", "-o", built("go", "smoke"), "."]],
    run: [built("go", "smoke")],
    env: {},
  },
  java: java("java", "Smoke"),
  kcl: java("kcl", "Worker"),
  python: {
    toolchain: [["python3", "-m", "pip", "--version"]],
    steps: [[...pip, "--no-deps", "--target", built("python", "lib"), "-r", "requirements.txt"]],
    run: ["python3", join(sources("python"), "smoke.py")],
    env: { PYTHONPATH: built("python", "lib"), PYTHONUTF8: "1", PYTHONDONTWRITEBYTECODE: "1" },
  },
  rust: {
    toolchain: [["cargo", "--version"]],
    steps: [["cargo", "build", "--quiet", "--locked"]],
    run: [join(cargo, "debug/smoke")],
    env: { CARGO_TARGET_DIR: cargo },
  },
};

const languages = Object.keys(RECIPES) as Language[];

/** The program built from the current sources, or the reason why there is none. */
export function sdkProgram(language: Language): Pick<Recipe, "run" | "env"> | string {
  if (isBuilt(language)) return RECIPES[language];
  const missing = missingTool(language);
  return missing ? `this machine has no ${missing}` : `not built: node tools/sdks.ts ${language}`;
}

/** Does nothing if the sources have not changed since the last build. */
function build(language: Language): void {
  if (isBuilt(language)) return;
  const { steps, env } = RECIPES[language];
  rmSync(built(language), { recursive: true, force: true });
  mkdirSync(built(language), { recursive: true });
  const options = { cwd: sources(language), stdio: "inherit", env: { ...process.env, ...env } } as const;
  for (const [program, ...args] of steps) execFileSync(program, args, options);
  writeFileSync(stamp(language), digest(language));
}

function missingTool(language: Language): string | undefined {
  return RECIPES[language].toolchain
    .find((tool) => !answers(tool))
    ?.slice(0, -1)
    .join(" ");
}

function answers([program, ...args]: Command): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const stamp = (language: Language) => built(language, "sources.sha256");

function isBuilt(language: Language): boolean {
  return existsSync(stamp(language)) && readFileSync(stamp(language), "utf8") === digest(language);
}

function digest(language: Language): string {
  const hash = createHash("sha256").update(JSON.stringify(RECIPES[language]));
  for (const entry of readdirSync(sources(language), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith(".ts")) continue;
    hash.update(`${entry.name}\n`).update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest("hex");
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  const strange = named.find((name) => !Object.hasOwn(RECIPES, name));
  if (strange !== undefined) throw new Error(`No SDK for ${strange} here: ${languages.join(", ")}`);
  for (const language of languages) {
    if (named.length > 0 && !named.includes(language)) continue;
    const missing = missingTool(language);
    if (!missing) build(language);
    console.log(`${language}: ${missing ? `not built, this machine has no ${missing}` : "built"}`);
  }
}
