import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** A file of ours, its path from the project's root with `/`. */
export interface SourceFile {
  path: string;
  text: string;
  imports: readonly Import[];
  /** Tests and what only tests use: they may reach where the code may not. */
  isTest: boolean;
}

export interface Import {
  /** As written. */
  specifier: string;
  /** Path of the file, for one of ours. */
  target: string | undefined;
  /** Gone when the program runs. */
  isType: boolean;
}

const GENERATED = /^src\/aws\/contract\/(types|data)\//;
const TEST = /\.(test|suite|fixture)\.ts$|\/(testing|suite)\.ts$|\/suite\//;

/** TypeScript below these folders that people wrote. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
      .filter((path) => path.endsWith(".ts") && !GENERATED.test(path))
      .map(readSource),
  );
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, imports: importsOf(path, text), isTest: TEST.test(path) };
}

/** Statements begin a line, as the formatter leaves them; `import("…")` may stand anywhere. */
const STATEMENT = /^(?:import|export)\b(\s+type\b)?(?:[^;"'`]*?\bfrom)?\s*"([^"]+)"/gm;
const DYNAMIC = /(?<!typeof )\bimport\(\s*"([^"]+)"/g;

export function importsOf(path: string, text: string): Import[] {
  const importOf = (specifier: string, isType: boolean): Import => ({
    specifier,
    target: targetOf(path, specifier),
    isType,
  });
  return [
    ...text.matchAll(STATEMENT).map(([, type, specifier]) => importOf(specifier!, type !== undefined)),
    ...text.matchAll(DYNAMIC).map(([, specifier]) => importOf(specifier!, false)),
  ];
}

function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}`;
  return specifier.startsWith(".") ? posix.join(dirname(path), specifier) : undefined;
}

/** Code without its comments and strings, line by line: what is said about a thing is no use of it. */
export function codeOf({ text }: SourceFile): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
    .split("\n")
    .map((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/(^|\s)\/\/.*/, ""));
}
