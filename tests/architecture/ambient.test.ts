import { expect, test } from "vitest";
import { codeOf, sourceFiles } from "./source.ts";

/** What a program can take from its environment, and the only file that may. */
const HOMES = [
  {
    what: "the machine's time",
    pattern: /\bDate\.now\b|\bnew Date\(\)|(?<!\w)Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    home: "src/lib/wall.ts",
    why: "The cloud has one clock that people freeze and move. Product time is ctx.clock; all else is lib/wall.",
  },
  {
    what: "chance",
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomInt\b|\bgetRandomValues\b/,
    home: "src/lib/random.ts",
    why: "A run with a seed must repeat itself byte for byte: chance is ctx.random or lib/random.",
  },
  {
    what: "the environment",
    pattern: /\bprocess\.env\b/,
    home: "src/app/config.ts",
    why: "Settings are read once, checked, and handed in; `nube config` shows them all.",
  },
];

const files = sourceFiles("src").filter(({ isTest }) => !isTest);

test.each(HOMES)("$what comes from $home only", ({ pattern, home, why }) => {
  const uses = files
    .filter(({ path }) => path !== home)
    .flatMap((file) =>
      codeOf(file).flatMap((line, i) => (pattern.test(line) ? [`${file.path}:${i + 1} ${line.trim()}`] : [])),
    );
  expect(uses, why).toEqual([]);
});

test("each home uses what it provides", () => {
  for (const { home, pattern } of HOMES.filter(({ home }) => home !== "src/lib/random.ts")) {
    const file = files.find(({ path }) => path === home)!;
    expect(
      codeOf(file).some((line) => pattern.test(line)),
      home,
    ).toBe(true);
  }
});
