import { describe, expect, test } from "vitest";
import { parseObject } from "./parse.ts";
import { beginSteps, JqError, JqSyntaxError, type Json } from "./values.ts";

const allOf = (filter: string, input: Json) => {
  const it = parseObject(`{it: (${filter})}`).get("it")!;
  beginSteps();
  return [...it(input)];
};
const made = (filter: string, input: Json) => {
  const values = allOf(filter, input);
  expect(values).toHaveLength(1);
  return values[0];
};

test.each<[string, Json, Json]>([
  [".", 1, 1],
  [".a[1:3]", { a: "zürich" }, "ür"],
  [".[:4]", "2026-01", "2026"],
  [".[-2:]", [1, 2, 3], [2, 3]],
  [".[1.2:2.7]", "abc", "bc"],
  [".[5:]", "ab", ""],
  [".[1:2]", null, null],
  ["[.a, .b | . + 1]", { a: 1, b: 2 }, [2, 3]],
  ["[.[] | select(. > 1)]", [1, 2, 3], [2, 3]],
  ["{a: .b, c} | tojson", { b: 1, c: 2 }, '{"a":1,"c":2}'],
  [`.a${".a".repeat(280)}`, {}, null],
  ["[..]", { a: [1] }, [{ a: [1] }, [1], 1]],
  ["map(.k) | add", [{ k: 1 }, { k: 2 }], 3],
  [".a | fromjson | .b", { a: '{"b":2}' }, 2],
  ['(.a | fromjson)? // "none"', { a: "{" }, "none"],
  ['try error("x") catch . + "y"', null, "xy"],
  ["[limit(2; .[])]", [1, 2, 3], [1, 2]],
  ["first(.[])", [1, 2], 1],
  ["[range(1; 4)]", null, [1, 2, 3]],
  ["sort_by(-.) | max_by(-.)", [3, 1, 2], 1],
  ["group_by(. % 2) | map(length)", [1, 2, 3], [1, 2]],
  ["unique_by(. % 2)", [3, 1, 2], [2, 3]],
  ['with_entries({key: ("x" + .key), value})', { a: 1 }, { xa: 1 }],
  ["map_values(. + 1)", { a: 1 }, { a: 2 }],
  ["flatten(1)", [1, [2, [3]]], [1, 2, [3]]],
  ['contains({a: ["bar"]})', { a: ["foobar"] }, true],
  ['[index("-"), rindex("-")]', "a-b-c", [1, 3]],
  ["explode | implode", "a😀", "a😀"],
  ['. * 2 + "c"', "ab", "ababc"],
  ["{a: {b: 1}} * {a: {c: 2}}", null, { a: { b: 1, c: 2 } }],
  [". - [1]", [1, 2, 1], [2]],
  ["@base64", "abc", "YWJj"],
  ["@base64d", "YWJj", "abc"],
  ["@csv", [1, 'a"b', null, true], '1,"a""b",,true'],
  ["@tsv", [1, "a\tb"], "1\ta\\tb"],
  ["@sh", "it's", "'it'\\''s'"],
  ['@uri "q=\\(.)"', "a b&c", "q=a%20b%26c"],
  ['@html "<\\(.)>"', "&", "<&amp;>"],
  [".a.b", { a: { b: 2 } }, 2],
  ['.a."b c"', { a: { "b c": 2 } }, 2],
  ['.["a"][1]', { a: [1, 2] }, 2],
  [".a[-1]", { a: [1, 2] }, 2],
  [".a[.b]", { a: [1, 2], b: 1 }, 2],
  [".a.b.c", {}, null],
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
  ["map(. + 1) | add", new Array<Json>(5_000).fill(1), 10_000],
  ["length", new Array<Json>(100_000).fill(1), 100_000],
  ['[.[] | indices("a")]', ["aéaa", "é"], [[0, 3, 4], []]],
  ['{a: 1} * {"__proto__": {b: 1}} | tojson', null, '{"a":1,"__proto__":{"b":1}}'],
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
  ['strptime("%Y-%m-%d")', "2015-13-01"],
  ['strptime("%Y-%m-%d")', "2015-01-32"],
  ['strptime("%H:%M:%S")', "24:00:00"],
  ['strptime("%I %p")', "0 AM"],
  ['strftime("%Y")', 1e300],
  ["(. + .) | (. + .) | (. + .)", "x".repeat(2 ** 18)],
  ["(. + .) | (. + .) | (. + .)", new Array<Json>(2 ** 14).fill(1)],
  ["tojson | tojson | tojson", '"'.repeat(2 ** 18)],
  ["mktime", [2015, 1e300, 1, 0, 0, 0]],
])("%s fails for input of the wrong type or size", (filter, input) => {
  expect(() => made(filter, input)).toThrow(JqError);
});

const HALF = "a".repeat(2 ** 19);
const LONG = new Array<Json>(400_000).fill(1);
/** Nearly the maximum number of values, each the first element of the input. */
const AGAIN = "[.[range(60000) * 0]]";
/** A list whose size doubles with each level. */
const doubled = (value: string) => `${value}${"|[.,.]".repeat(40)}`;

test.each<[string, Json]>([
  ["tonumber", `${"1".repeat(2 ** 19)}x`],
  ['contains("ab" + "a" * 50000)', HALF],
  ['split("a" * 50000 + "b" + "a" * 50000)', HALF],
  ['indices("a" * 50000)', HALF],
  ["contains(. + [])", [...LONG, ...new Array<Json>(400).fill("a")]],
  ["add", Array.from({ length: 60_000 }, (_, index) => ({ [`k${index}`]: 1 }))],
  ["[.[range(65536):]]", LONG],
  [`${AGAIN} | sort`, [LONG]],
  [`${AGAIN} | map(keys)`, [LONG]],
  [`${AGAIN} | map(fromjson)`, [JSON.stringify(LONG)]],
  [`${AGAIN} | map(ascii_upcase)`, [HALF]],
  [`${AGAIN} | join("")`, [HALF]],
  [`${AGAIN} | @csv`, [HALF]],
  [`${AGAIN} | @sh`, [HALF]],
  ['@html "\\(.[range(60000) * 0])"', ["<".repeat(2 ** 19)]],
  [`${AGAIN} | map(strftime("%c" * 2000))`, [1]],
  [`${doubled("1")} | tojson`, null],
  [`${doubled("[]")} | flatten`, null],
  [`{a: 1} | .[${doubled("1")}]`, null],
  ['test("[" + "b" * 2000 + "]")', HALF],
  ["test(.)", "(?:){1000}{1000}{1000}{1000}"],
  ["test(.)", `a${"*".repeat(4_000)}`],
  ["test(.)", `a${"{1}".repeat(100_000)}`],
  ["test(.)", `[${HALF}]`],
  ["test(.)", "[[:valueOf:]]"],
  ["test(.)", "[[:__proto__:]]"],
  ["test(.)", "\\p{constructor}"],
])("%s fails early for input that takes too many steps", (filter, input) => {
  expect(() => allOf(filter, input)).toThrow(JqError);
});

test.each<[string, Json, Json[]]>([
  [".[]", [1, 2], [1, 2]],
  [".a?", 5, []],
  ["empty", 1, []],
  ["(1, 2) + (10, 20)", null, [11, 12, 21, 22]],
  ["(true, false) or (true, false)", null, [true, true, false]],
  ['"\\(1, 2)-\\(3, 4)"', null, ["1-3", "2-3", "1-4", "2-4"]],
  ["{a: (1, 2), b: (3, 4)} | .a * 10 + .b", null, [13, 14, 23, 24]],
  ["if .[] then 1, 2 else 3 end", [true, false], [1, 2, 3]],
  [".[(0, 1):(2, 3)]", [1, 2, 3], [[1, 2], [1, 2, 3], [2], [2, 3]]],
  ['sub("-"; "1", "2")', "a-b", ["a1b", "a2b"]],
  ['gsub("-"; "1", "2")', "-a-", ["1a1", "2a1", "1a2", "2a2"]],
])("%s returns several values, or none", (filter, input, values) => {
  expect(allOf(filter, input)).toEqual(values);
});

describe("a regular expression", () => {
  test.each<[string, Json, Json]>([
    ['gsub("[^a-z]"; "-"; "i")', "aB1", "aB-"],
    ['[scan("[[:upper:]k]")]', "aKk", ["K", "k"]],
    ['[match("\\\\W"; "gi").string]', "aB-", ["-"]],
    ['[scan("[\\\\x41-\\\\x43\\\\t\\\\.]|\\\\-")]', "aB\t.-", ["B", "\t", ".", "-"]],
    ['test("s"; "i")', "ß", false],
    ['test("^\\\\d{4}-\\\\d{2}$")', "2026-01", true],
    ['test("B"; "i")', "abc", true],
    ['test("a b # c\\n c"; "x")', "abc", true],
    ['test("a.b")', "a\nb", false],
    ['test("a$")', "a\n", true],
    ['test("a\\\\z")', "a\n", false],
    ['test("^[[:alpha:]][^[:alpha:]]$")', "é1", true],
    ['test("\\\\p{Lu}\\\\P{Lu}")', "Äb", true],
    ['test("^[a-c\\\\d]+$")', "a1c", true],
    ['test("(a|b)*c$")', "ababc", true],
    ['[match("a+?").length]', "aab", [1]],
    ['[match("o*").length]', "foo", [0]],
    ['[match("\\\\bb").offset]', "foo bar", [4]],
    ['[match(""; "g").offset]', "ab", [0, 1]],
    [
      'match("(?<n>b)(z)?")',
      "abc",
      {
        offset: 1,
        length: 1,
        string: "b",
        captures: [
          { offset: 1, length: 1, string: "b", name: "n" },
          { offset: -1, length: 0, string: null, name: null },
        ],
      },
    ],
    ['capture("(?<y>\\\\d+)-(?<m>\\\\d+)") | .y + .m', "2026-01", "202601"],
    ['[scan("([a-z])([0-9])")]', "ab12", [["b", "1"]]],
    ['split(", *"; null)', "a,b, c", ["a", "b", "c"]],
    ['[splits("x"; "i")]', "aXb", ["a", "b"]],
    ['sub("\\\\.[[:digit:]]+"; "")', "10:11.345Z", "10:11Z"],
    ['gsub("T.*+"; "")', "2026-01-01T10:11", "2026-01-01"],
    ['gsub("(?<a>a)|(?<b>b)"; "[\\(.a)\\(.b)]")', "ab", "[anull][nullb]"],
    ['gsub("[]-]"; "_")', "a]-b", "a__b"],
    ['test(["B", "i"])', "abc", true],
    ["test(.re)", null, null],
    ["test(.)", "(?=a)", null],
    ["test(.)", "(", null],
  ])("%s", (filter, input, value) => {
    if (value === null) expect(() => made(filter, input)).toThrow(JqError);
    else expect(made(filter, input)).toEqual(value);
  });

  test.each([
    ["(a*)*b", false],
    ["(a|a)*b", false],
    ["(.*)(.*)(.*)b", false],
    ["(a?){500}b", undefined],
  ])("%s takes steps in proportion to its input", (source, answer) => {
    const test = () => made(`test("${source}")`, "a".repeat(20_000));
    if (answer === undefined) expect(test).toThrow(JqError);
    else expect(test()).toBe(answer);
  });
});

test.each([
  "{(.a): 1}",
  ".a = 1",
  "reduce .[] as $x (0; .)",
  "now",
  "input",
  "@none",
  'test("(?=a)")',
  'test("a"; "s")',
  "constructor",
  "__proto__",
  `.${"?".repeat(5_000)}`,
  'test("\\\\Qa.b\\\\E")',
  'test("\\\\cA")',
  'test("\\\\h")',
  'test("(?P<a>b)")',
  'test("\\\\012")',
  'test("[a-\\\\d]")',
  'test("(a)\\\\1")',
  'test("a*+a")',
  ".a as $x | $x",
  "$ENV",
  "def f: 1; f",
  "if .a then 1 end",
  '"open',
  "nothing_known",
  "(".repeat(5_000),
  "-".repeat(5_000),
  "if ".repeat(1_500),
  "1 // ".repeat(1_000),
  '"\\('.repeat(1_000),
  `.${"|.".repeat(1_000)}`,
  `.a${"+.a".repeat(1_000)}`,
])("%s is refused as unsupported syntax", (filter) => {
  expect(() => made(filter, null)).toThrow(JqSyntaxError);
});

test("a key without a value selects the member of that name", () => {
  expect([...parseObject('{a, "b c"}')].map(([key, filter]) => [key, filter({ a: 1, "b c": 2 })])).toEqual([
    ["a", [1]],
    ["b c", [2]],
  ]);
});
