import { expect, test } from "vitest";
import { atJsonPath, parseJsonPath } from "./json-path.ts";

const document = { a: { "b c": [1, { d: null }] }, "x-y": "z" };

test.each([
  ["$", document],
  ["$.x-y", "z"],
  ["$.a['b c'][0]", 1],
  ['$.a["b c"][1].d', null],
  ["$.a.b", undefined],
  ["$.a['b c'].length", undefined],
  ["$.x-y[0]", undefined],
  ["$.constructor", undefined],
])("%s", (path, value) => {
  expect(atJsonPath(document, parseJsonPath(path)!)).toEqual(value);
});

test.each(["", "a", "$a", "$.", "$.a[*]", "$..a", "$.a.*", "$.a[?(@.b)]"])(
  "%s leads to no one place",
  (path) => {
    expect(parseJsonPath(path)).toBeUndefined();
  },
);
