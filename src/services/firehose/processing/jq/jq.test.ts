import { expect, test } from "vitest";
import { parseObject } from "./parse.ts";
import { JqError, JqSyntaxError, type Json } from "./values.ts";

const made = (filter: string, input: Json) => parseObject(`{it: ${filter}}`).get("it")!(input);

test.each<[string, Json, Json]>([
  [".", 1, 1],
  [".a.b", { a: { b: 2 } }, 2],
  ['.a."b c"', { a: { "b c": 2 } }, 2],
  ['.["a"][1]', { a: [1, 2] }, 2],
  [".a[-1]", { a: [1, 2] }, 2],
  [".a[.b]", { a: [1, 2], b: 1 }, 2],
  [".a.b.c", {}, null],
  [".a?", 5, null],
  [".a | .b", { a: { b: 3 } }, 3],
  ['.a // "none"', {}, "none"],
  ['.a // .b // "none"', { b: false }, "none"],
  ['(.a | tonumber) // "none"', { a: "x" }, "none"],
  ["1 + 2 * 3 - 4 / 2", null, 5],
  ["-.a + 10 % 4", { a: 1 }, 1],
  ['"a" + null + "b"', null, "ab"],
  ['.a / ","', { a: "x,y" }, ["x", "y"]],
  [".a == 1 and .b != 2 or false", { a: 1, b: 2 }, false],
  [".a >= 1", { a: "text" }, true],
  [".a | round", { a: -2.5 }, -3],
  ['if .a > 2 then "big" elif .a > 1 then "mid" else "small" end', { a: 2 }, "mid"],
  ['if (.owner // "") == "" then "control" else .owner end', { owner: "" }, "control"],
  ['"\\(.a)-\\(.b | ascii_upcase)\\u0041\\n"', { a: 1, b: "x" }, "1-XA\n"],
  [".a | tostring | length", { a: 1234 }, 4],
  ['.a | split("-") | .[0]', { a: "x-y" }, "x"],
  ['.a | split("-") | join("/")', { a: "x-y" }, "x/y"],
  ['.a | ltrimstr("/") | rtrimstr(".gz")', { a: "/b.gz" }, "b"],
  ['.a | startswith("b") | not', { a: "bc" }, false],
  ['has("a")', { a: null }, true],
  ["keys | last", { b: 1, a: 2 }, "b"],
  ["type", [], "array"],
  ['.a | strftime("%Y")', { a: 1_565_382_027 }, "2019"],
  [
    '.a | strftime("%Y-%m-%dT%H:%M:%SZ %j %a %b %U %V %e")',
    { a: 1_425_599_507 },
    "2015-03-05T23:51:47Z 064 Thu Mar 09 10  5",
  ],
  ['strptime("%Y-%m-%dT%H:%M:%SZ")', "2015-03-05T23:51:47Z", [2015, 2, 5, 23, 51, 47, 4, 63]],
  ['strptime("%Y-%m-%dT%H:%M:%SZ") | mktime', "2015-03-05T23:51:47Z", 1_425_599_507],
  ['strptime("%d %b %y, %I:%M %p") | strftime("%F %T")', "5 mar 15, 01:02 PM", "2015-03-05 13:02:00"],
  ["fromdate", "2015-03-05T23:51:47Z", 1_425_599_507],
  [".a / 1000 | todate", { a: 1_425_599_507_999 }, "2015-03-05T23:51:47Z"],
  [". # what is said here counts for nothing\n", 1, 1],
])("%s", (filter, input, value) => {
  expect(made(filter, input)).toEqual(value);
});

test.each<[string, Json]>([
  [".a.b", { a: 1 }],
  ["1 / .a", { a: 0 }],
  ['.a - "x"', { a: "x" }],
  ["tonumber", "1x"],
  ['strptime("%Y-%m")', "2015"],
  ['strptime("%Y")', "2015 and more"],
  ['strftime("%Y")', 1e300],
  ["(. + .) | (. + .) | (. + .)", "x".repeat(2 ** 18)],
  ["(. + .) | (. + .) | (. + .)", new Array<Json>(2 ** 14).fill(1)],
  ["tojson | tojson | tojson", '"'.repeat(2 ** 18)],
  ["mktime", [2015, 1e300, 1, 0, 0, 0]],
])("%s fails for a record that it is not for", (filter, input) => {
  expect(() => made(filter, input)).toThrow(JqError);
});

test.each([
  ".a[]",
  ".[1:2]",
  "..",
  "[.a]",
  "{a: 1}",
  ".a as $x | $x",
  "$ENV",
  "def f: 1; f",
  "if .a then 1 end",
  '"open',
  "nothing_known",
  'test("a")',
  ".a | select(. > 1)",
  "(".repeat(5_000),
  "-".repeat(5_000),
  "if ".repeat(1_500),
  "1 // ".repeat(1_000),
  '"\\('.repeat(1_000),
  `.${"|.".repeat(1_000)}`,
  `.a${"+.a".repeat(1_000)}`,
])("%s is not known", (filter) => {
  expect(() => made(filter, null)).toThrow(JqSyntaxError);
});

test("a key alone is the way to its value", () => {
  expect([...parseObject('{a, "b c"}')].map(([key, filter]) => [key, filter({ a: 1, "b c": 2 })])).toEqual([
    ["a", 1],
    ["b c", 2],
  ]);
});
