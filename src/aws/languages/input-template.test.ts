import { expect, test } from "vitest";
import { fillTemplate, fillText, isTemplate, placeholders } from "./input-template.ts";

const values: Record<string, unknown> = { word: 'a "b"', number: 1, list: [1, "x"], object: { a: "b" } };
const fill = (template: string) =>
  fillTemplate(
    template,
    (name) => values[name],
    (name) => name !== "other",
  );

test.each([
  ['{"a": <word>}', '{"a": "a \\"b\\""}'],
  ['"it is <word>"', '"it is a \\"b\\""'],
  ['"<number> of <list>"', '"1 of [1,x]"'],
  ['"<object>"', '"{a:b}"'],
  ["<list>", '[1,"x"]'],
  ['"<missing>"', '""'],
  ['{"a": <missing>}', '{"a": ""}'],
  ['"<other> and < this >"', '"<other> and < this >"'],
  ['"a \\"<number>\\" b"', '"a \\"1\\" b"'],
])("%s", (template, filled) => {
  expect(fill(template)).toBe(filled);
});

test.each([
  ['{"a": <b>, "c": "<d> <e>"}', true],
  ['"one <a>"\n"two <b>"', true],
  ["<a>", true],
  ["<a> is <b>", false],
  ['{"a": "<b>}', false],
])("%s produces JSON: %s", (template, good) => {
  expect(isTemplate(template)).toBe(good);
});

test("text templates insert strings as they are", () => {
  const text = 'it is <word>: <object>, <missing>, "<list>", <other>';
  const made = fillText(
    text,
    (name) => values[name],
    (name) => name !== "other",
  );
  expect(made).toBe('it is a "b": {"a":"b"}, , "[1,"x"]", <other>');
});

test("names of placeholders", () => {
  expect(placeholders('{"a": <b>, "c": "<$.d.e>"}')).toEqual(["b", "$.d.e"]);
});

test("the length of a filled template is bounded", () => {
  const large = "x".repeat(2 ** 20);
  expect(() =>
    fillTemplate(
      "<a>".repeat(100),
      () => large,
      () => true,
    ),
  ).toThrow(/too long/);
});
