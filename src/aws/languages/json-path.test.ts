import { expect, test } from "vitest";
import { parseExactly } from "#lib/exact-json.ts";
import { atJsonPath, parseJsonPath } from "./json-path.ts";

const document = { a: { "b c": [1, { d: null }] }, "x-y": "z", list: [{ n: 1, m: [2] }, { n: 3 }, 4] };

test.each([
  ["$", document],
  ["$.x-y", "z"],
  ["$.a['b c'][0]", 1],
  ['$.a["b c"][1].d', null],
  ["$.a.b", undefined],
  ["$.a['b c'].length", undefined],
  ["$.x-y[0]", undefined],
  ["$.constructor", undefined],
  ["$.list[*].n", [1, 3]],
  ["$.list[*].m[*]", [2]],
  ["$.list[0].*", [1, [2]]],
  ["$.list[*].none", []],
  ["$.none[*]", []],
])("%s", (path, value) => {
  expect(atJsonPath(document, parseJsonPath(path)!)).toEqual(value);
});

test("a path does not lead into a number as it was written", () => {
  const exact = parseExactly('{"n":1.0}');
  expect(atJsonPath(exact, parseJsonPath("$.n.rawJSON")!)).toBeUndefined();
  expect(atJsonPath(exact, parseJsonPath("$.n[*]")!)).toEqual([]);
});

test.each(["", "a", "$a", "$.", "$..a", "$.a[?(@.b)]"])("%s is no path", (path) => {
  expect(parseJsonPath(path)).toBeUndefined();
});
