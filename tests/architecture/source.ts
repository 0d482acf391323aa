import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** A source file of the project, with its path relative to the root, separated by `/`. */
export interface SourceFile {
  path: string;
  text: string;
  imports: readonly Import[];
  /** Whether only tests use the file: such files may import what other code may not. */
  isTest: boolean;
}

export interface Import {
  /** The specifier in the source. */
  specifier: string;
  /** The path of the imported file, if it belongs to the project. */
  target: string | undefined;
  /** Whether the import is erased at run time. */
  isType: boolean;
}

const GENERATED = /^src\/aws\/contract\/(types|data)\//;
const TEST = /\.(test|suite|fixture)\.ts$|\/(testing|suite)\.ts$|\/suite\//;

/** The handwritten TypeScript files in these folders. */
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

/** Statements start a line, as the formatter ensures; `import("…")` may be anywhere. */
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

/** The lines of the code without comments and strings, so that mentions do not count as uses. */
export function codeOf({ text }: SourceFile): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
    .split("\n")
    .map((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/(^|\s)\/\/.*/, ""));
}
