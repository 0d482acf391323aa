import { describe, expect, test } from "vitest";
import { type Import, importsOf, type SourceFile, sourceFiles } from "./source.ts";

/** What each floor may import besides its own folder. */
const FLOORS: Record<string, readonly string[]> = {
  lib: [],
  aws: ["lib"],
  storage: ["lib"],
  engines: ["lib"],
  kernel: ["lib", "aws", "storage"],
  services: ["lib", "aws", "kernel", "engines"],
  gateway: ["lib", "aws", "kernel"],
  app: ["lib", "aws", "storage", "engines", "kernel", "services", "gateway"],
  cli: ["app"],
};

const files = sourceFiles("src");
const code = files.filter(({ isTest }) => !isTest);

const floorOf = (path: string) => path.split("/")[1]!;
const roomOf = (path: string) => path.split("/")[2]!;

/**
 * Every import within the project that breaks `rule`, as `from → to`. Type imports count: naming a type means
 * depending on its owner.
 */
function breaches(among: SourceFile[], rule: (from: string, to: string, is: Import) => boolean): string[] {
  return among.flatMap(({ path, imports }) =>
    imports
      .filter((one) => one.target?.startsWith("src/") && !rule(path, one.target, one))
      .map(({ target }) => `${path} → ${target}`),
  );
}

test("no import goes up or sideways", () => {
  const isDown = (from: string, to: string) =>
    floorOf(from) === floorOf(to) || (FLOORS[floorOf(from)] ?? []).includes(floorOf(to));
  expect(
    breaches(code, isDown),
    "A floor may use only those below it, or no floor can be understood, tested or replaced without the others. " +
      "What both need belongs further down; what the lower one asks of the upper one is handed in.",
  ).toEqual([]);
});

test("every folder of src is a floor", () => {
  const floors = new Set(files.map(({ path }) => floorOf(path)));
  expect(
    [...floors].filter((floor) => !(floor in FLOORS)),
    "A new floor needs a place in the plan: docs/architecture.md.",
  ).toEqual([]);
});

test("no service imports another", () => {
  const isOwn = (from: string, to: string) =>
    floorOf(from) !== "services" || floorOf(to) !== "services" || roomOf(from) === roomOf(to);
  expect(
    breaches(files, isOwn),
    "Services meet in public AWS operations (ctx.aws), in events and in resource types, so that each call is " +
      "authorized, metered and trailed like a customer's.",
  ).toEqual([]);
});

test("services import only the interface of an engine", () => {
  const isInterface = (from: string, to: string) =>
    floorOf(from) !== "services" || floorOf(to) !== "engines" || /^src\/engines\/([^/]+)\/\1\.ts$/.test(to);
  expect(breaches(code, isInterface), "Which driver serves it is decided by app, per host.").toEqual([]);
});

test("engines do not import each other", () => {
  const isOwn = (from: string, to: string) =>
    floorOf(from) !== "engines" ||
    floorOf(to) !== "engines" ||
    roomOf(from) === roomOf(to) ||
    to.split("/").length === 3;
  expect(breaches(code, isOwn), "A data plane must run alone; what combines them is a service.").toEqual([]);
});

test("other floors are imported by their #name, the own floor by relative paths", () => {
  const isNamed = (from: string, to: string, { specifier }: Import) =>
    specifier.startsWith("#")
      ? floorOf(from) !== floorOf(to) || from.split("/").length > 3
      : floorOf(from) === floorOf(to);
  expect(breaches(files, isNamed), "A relative path that leaves its floor hides that it does.").toEqual([]);
});

test("no module imports itself, directly or through others", () => {
  expect(
    cycles(files),
    "Modules in a circle cannot be read, loaded or tested one by one. Imports of types are free here: nothing of them runs.",
  ).toEqual([]);
});

/** Import cycles, each once, as `a → b → a`. Dynamic imports count as well. */
function cycles(among: readonly SourceFile[]): string[] {
  const byPath = new Map(among.map((file) => [file.path, file]));
  const done = new Set<string>();
  const circles: string[] = [];
  function visit(path: string, trail: string[]): void {
    const at = trail.indexOf(path);
    if (at >= 0) circles.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const { target, isType } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined && !isType) visit(target, [...trail, path]);
    }
    done.add(path);
  }
  for (const path of byPath.keys()) visit(path, []);
  return circles;
}

describe("the checks themselves", () => {
  const file = (path: string, text: string): SourceFile => ({
    path,
    text,
    imports: importsOf(path, text),
    isTest: false,
  });

  test("imports of every form are found", () => {
    const text = [
      'import type { A } from "#lib/a.ts";',
      'import {\n  type B,\n  c,\n} from "./b.ts";',
      'import "./c.ts";',
      'export * from "../d.ts";',
      'export type { E } from "./e.ts";',
      'const f = () => import("./f.ts");',
      'type G = typeof import("./g.ts");',
      'const text = `import "./no.ts"`;',
    ].join("\n");
    expect(importsOf("src/kernel/x/y.ts", text).map(({ target, isType }) => [target, isType])).toEqual([
      ["src/lib/a.ts", true],
      ["src/kernel/x/b.ts", false],
      ["src/kernel/x/c.ts", false],
      ["src/kernel/d.ts", false],
      ["src/kernel/x/e.ts", true],
      ["src/kernel/x/f.ts", false],
    ]);
  });

  test("an import cycle is found, a cycle of type imports is not", () => {
    const a = file("src/lib/a.ts", 'import { b } from "./b.ts";');
    const lazy = file("src/lib/b.ts", 'const a = () => import("./a.ts");');
    const typed = file("src/lib/b.ts", 'import type { A } from "./a.ts";');
    expect(cycles([a, lazy])).toEqual(["src/lib/a.ts → src/lib/b.ts → src/lib/a.ts"]);
    expect(cycles([a, typed])).toEqual([]);
  });
});
