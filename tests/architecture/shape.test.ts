import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, sourceFiles } from "./source.ts";

const MAX_LINES = 500;
const NAMELESS = /(^|[/-])(utils?|helpers?|managers?|common|misc|shared)(\.|-|\/)/;

const files = sourceFiles("src", "tests", "tools", "bench");

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = files.filter(({ text }) => text.split("\n").length > MAX_LINES).map(({ path }) => path);
  expect(
    long,
    "One file tells one story. In a longer one there is a second, whose name is to be found.",
  ).toEqual([]);
});

test("no file or folder has a name without meaning", () => {
  const nameless = files.map(({ path }) => path).filter((path) => NAMELESS.test(path));
  expect(
    nameless,
    "A drawer for everything has found things that belong together: say what they are.",
  ).toEqual([]);
});

test("names are lower-case with hyphens", () => {
  const odd = files.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path));
  expect(odd, "Paths are guessed more often than looked up.").toEqual([]);
});

test("the source imports only packages that the README gives a reason for", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const reasoned = Object.keys(dependencies).filter((name) => readme.includes(`\`${name}\``));
  const strange = sourceFiles("src")
    .filter(({ isTest }) => !isTest)
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, target }) => target === undefined && !isBuiltin(specifier))
        .filter(
          ({ specifier }) => !reasoned.some((name) => specifier === name || specifier.startsWith(`${name}/`)),
        )
        .map(({ specifier }) => `${path} → ${specifier}`),
    );
  expect(strange, "Each dependency is code that we answer for and did not write.").toEqual([]);
  expect(Object.keys(dependencies), "The README names each with its reason.").toEqual(reasoned);
});
