import { describe, expect, test } from "vitest";
import { isTooComplex } from "./complexity.ts";
import { eventPattern, type Json } from "./match.ts";
import { ruleIndex } from "./rule-index.ts";

const matches = (pattern: object, event: Json) => eventPattern(JSON.stringify(pattern)).matches(event);

describe.each<[string, object, Json[], Json[]]>([
  [
    "a value",
    { a: ["x"] },
    [{ a: "x" }, { a: ["y", "x"] }],
    [{ a: "y" }, { b: "x" }, { a: { x: "x" } }, { a: null }],
  ],
  ["several fields", { a: [1], b: ["x"] }, [{ a: 1, b: "x" }], [{ a: 1 }, { a: 2, b: "x" }]],
  ["a field below", { a: { b: ["x"] } }, [{ a: { b: "x" } }], [{ a: "x" }, { "a-b": "x" }]],
  ["numbers by their value", { a: [300] }, [{ a: 300 }, { a: 3.0e2 }], [{ a: "300" }]],
  ["null, not nothing", { a: [null] }, [{ a: null }], [{}, { a: "" }, { a: "null" }]],
  ["truth", { a: [true] }, [{ a: true }], [{ a: "true" }, { a: false }]],
  ["an empty text", { a: [""] }, [{ a: "" }], [{ a: null }, {}]],
  ["a prefix", { a: [{ prefix: "ab" }] }, [{ a: "ab" }, { a: "abc" }], [{ a: "ba" }, { a: 12 }, {}]],
  ["a prefix in any case", { a: [{ prefix: { "equals-ignore-case": "aB" } }] }, [{ a: "AbC" }], [{ a: "b" }]],
  ["a suffix", { a: [{ suffix: ".png" }] }, [{ a: "x.png" }], [{ a: "x.PNG" }]],
  [
    "a suffix in any case",
    { a: [{ suffix: { "equals-ignore-case": ".png" } }] },
    [{ a: "x.PNG" }],
    [{ a: "x" }],
  ],
  ["any case", { a: [{ "equals-ignore-case": "Alice" }] }, [{ a: "aLICE" }], [{ a: "bob" }]],
  [
    "anything but",
    { a: [{ "anything-but": ["x", "y"] }] },
    [{ a: "z" }, { a: 1 }, { a: ["x", "z"] }],
    [{ a: "x" }, {}],
  ],
  ["anything but a number", { a: [{ "anything-but": 1 }] }, [{ a: 2 }, { a: "1" }], [{ a: 1.0 }]],
  ["anything but a prefix", { a: [{ "anything-but": { prefix: "x" } }] }, [{ a: "y" }], [{ a: "xy" }]],
  ["anything but prefixes", { a: [{ "anything-but": { prefix: ["x", "y"] } }] }, [{ a: "z" }], [{ a: "yz" }]],
  ["anything but a suffix", { a: [{ "anything-but": { suffix: "x" } }] }, [{ a: "y" }], [{ a: "yx" }]],
  [
    "anything but a case",
    { a: [{ "anything-but": { "equals-ignore-case": ["x"] } }] },
    [{ a: "y" }],
    [{ a: "X" }],
  ],
  [
    "anything but a wildcard",
    { a: [{ "anything-but": { wildcard: "*/lib/*" } }] },
    [{ a: "/x/" }],
    [{ a: "/lib/x" }],
  ],
  [
    "a number's bounds",
    { a: [{ numeric: [">", 0, "<=", 5] }] },
    [{ a: 5 }, { a: 0.1 }],
    [{ a: 0 }, { a: 6 }, { a: "1" }],
  ],
  ["a number", { a: [{ numeric: ["=", 3.018e2] }] }, [{ a: 301.8 }], [{ a: 301 }]],
  ["what is there", { a: [{ exists: true }] }, [{ a: null }, { a: [1] }], [{}, { a: {} }, { a: [] }]],
  ["what is not there", { a: [{ exists: false }] }, [{}, { b: 1 }, { a: [] }], [{ a: null }, { a: ["x"] }]],
  [
    "nothing below",
    { a: { b: [{ exists: false }] } },
    [{}, { a: {} }, { a: [{ c: 1 }] }],
    [{ a: [{}, { b: 1 }] }],
  ],
  ["a value or nothing", { a: ["x", { exists: false }] }, [{}, { a: "x" }], [{ a: "y" }]],
  [
    "a value or nothing below",
    { a: { b: ["x", { exists: false }] } },
    [{ a: [] }, { a: [1] }, { a: [{ c: 1 }] }, { a: [{ b: "y" }, { b: "x" }] }],
    [{ a: [{}, { b: "y" }] }, { a: [[{ b: "y" }], {}] }],
  ],
  [
    "nothing more in an element that has something",
    { a: { b: [1], c: [{ exists: false }] } },
    [{ a: [{ b: 1, c: 2 }, { b: 1 }] }],
    [{ a: [{ b: 1, c: 2 }, {}] }, { a: [] }],
  ],
  ["a network", { a: [{ cidr: "10.0.0.0/24" }] }, [{ a: "10.0.0.255" }], [{ a: "10.0.1.0" }, { a: "x" }]],
  ["a network of IPv6", { a: [{ cidr: "2001:db8::/32" }] }, [{ a: "2001:DB8::1" }], [{ a: "2001:db9::" }]],
  ["one address", { a: ["::1"] }, [{ a: "0:0:0:0:0:0:0:1" }], [{ a: "::2" }]],
  [
    "wildcards",
    { a: [{ wildcard: "dir/*.png" }] },
    [{ a: "dir/.png" }, { a: "dir/a/b.png" }],
    [{ a: "dir/a.jpg" }],
  ],
  [
    "wildcards that may overlap",
    { a: [{ wildcard: "ab*ba" }] },
    [{ a: "abba" }, { a: "abxba" }],
    [{ a: "aba" }],
  ],
  ["wildcards at both ends", { a: [{ wildcard: "*x*y*" }] }, [{ a: "xy" }, { a: "1x2y3" }], [{ a: "yx" }]],
  ["a star itself", { a: [{ wildcard: "\\**" }] }, [{ a: "*x" }], [{ a: "x" }]],
  ["one of several", { $or: [{ a: [1] }, { b: [2] }] }, [{ a: 1 }, { b: 2 }], [{ a: 2 }, {}]],
  [
    "one of several, and more",
    { c: [3], $or: [{ a: [1] }, { b: [2] }] },
    [{ a: 1, c: 3 }],
    [{ a: 1 }, { c: 3 }],
  ],
  ["one of several below", { d: { $or: [{ a: [1] }, { a: [2] }] } }, [{ d: { a: 2 } }], [{ a: 1 }]],
  [
    "fields of one object in a list",
    { a: { b: [1], c: [2] } },
    [{ a: [{ b: 1, c: 2 }] }, { a: [{}, { b: [1], c: 2 }] }],
    [{ a: [{ b: 1 }, { c: 2 }] }],
  ],
  [
    "fields of one object in a list, some of them alternatives",
    { a: { b: [1] }, $or: [{ a: { c: [2] } }, { d: [3] }] },
    [{ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }], d: 3 }],
    [{ a: [{ b: 1 }, { c: 2 }] }],
  ],
  ["a field of the name $or", { $or: { a: [1] } }, [{ $or: { a: 1 } }], [{ a: 1 }]],
  ["values of such a field", { $or: [1, 2] }, [{ $or: 2 }], [{ $or: 3 }]],
  ["matchers of such a field", { $or: [{ prefix: "a" }, { suffix: "b" }] }, [{ $or: "ax" }], [{ $or: "xa" }]],
  ["steps in a name", { "a.b": [1] }, [{ a: { b: 1 } }, { "a.b": 1 }, { a: [{ b: 1 }] }], [{ b: 1 }]],
  [
    "a name that is steps",
    { d: { a: { b: [1] } } },
    [{ d: { "a.b": 1 } }, { "d.a": { b: 1 } }, { d: { "a.b": 1, a: { b: 2 } } }],
    [{ d: { ab: 1 } }, { d: { "a.b": 2, a: { b: 3 } } }],
  ],
  ["names that objects have anyway", { constructor: ["x"] }, [{ constructor: "x" }], [{}]],
])("%s", (_, pattern, good, bad) => {
  test.each(good)("matches %j", (event) => {
    expect(matches(pattern, event)).toBe(true);
  });
  test.each(bad)("does not match %j", (event) => {
    expect(matches(pattern, event)).toBe(false);
  });
});

const at = (source: string, column: number) => `[Source: (String)"${source}"; line: 1, column: ${column}]`;

test.each<[string, string]>([
  ["[]", "Filter is not an object"],
  ["{}", "Empty objects are not allowed"],
  ['{"a":{}}', "Empty objects are not allowed"],
  ['{"a":[]}', "Empty arrays are not allowed"],
  ['{"a":"x"}', '"a" must be an object or an array'],
  ['{"a":[["x"]]}', "Match value must be String, number, true, false, or null"],
  ['{"a":[{}]}', "Match expression name not found"],
  ['{"a":[{"like":"x"}]}', "Unrecognized match type like"],
  ['{"a":[{"prefix":1}]}', "prefix match pattern must be a string"],
  ['{"a":[{"suffix":{"x":"y"}}]}', "Unsupported suffix pattern: x"],
  ['{"a":[{"prefix":"x","suffix":"y"}]}', "Only one key allowed in match expression"],
  ['{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false."],
  ['{"a":[{"anything-but":null}]}', "Value of anything-but must be an array or single string/number value."],
  [
    '{"a":[{"anything-but":["x",1]}]}',
    "Inside anything but list, either all values are number or string, mixed type is not supported",
  ],
  ['{"a":[{"anything-but":[true]}]}', "Inside anything but list, start|null|boolean is not supported."],
  ['{"a":[{"anything-but":{"like":"x"}}]}', "Unsupported anything-but pattern: like"],
  ['{"a":[{"anything-but":{"constructor":"x"}}]}', "Unsupported anything-but pattern: constructor"],
  ['{"a":[{"anything-but":{"prefix":""}}]}', "Null prefix/suffix not allowed"],
  ['{"a":[{"numeric":">"}]}', "Value of numeric must be an array."],
  ['{"a":[{"numeric":["!",1]}]}', "Unrecognized numeric range operator: !"],
  ['{"a":[{"numeric":["=","1"]}]}', "Value of equals must be numeric"],
  ['{"a":[{"numeric":["<",1,">",0]}]}', "Too many elements in numeric expression"],
  ['{"a":[{"numeric":[">",1,">",2]}]}', "Bad numeric range operator: >"],
  ['{"a":[{"numeric":[">",3,"<",2]}]}', "Bottom must be less than top"],
  ['{"a":[{"numeric":[">",6e9]}]}', "Value must be between -5.0E9 and 5.0E9, inclusive"],
  ['{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
  ['{"a":[{"cidr":"10.0.0.0/33"}]}', "IPv4 mask bits must be < 32"],
  ['{"a":[{"cidr":"x/1"}]}', "Nonstandard IP address: x"],
  ['{"a":[{"wildcard":"a**"}]}', "Consecutive wildcard characters at pos 2"],
  ['{"a":[{"wildcard":"a\\\\b"}]}', "Invalid escape character at pos 2"],
  ['{"$or":"x"}', '"$or" must be an object or an array'],
  ['{"$or":[{"a":["x"]}]}', "Unrecognized match type a"],
  ['{"$or":[{"a":["x"]},"y"]}', "Unrecognized match type a"],
  ['{"$or":[{"prefix":["x"]},{"b":["y"]}]}', "prefix match pattern must be a string"],
  [
    '{"$or":[{"a":{"prefix":["x"]}},{"b":["y"]}]}',
    "prefix is Ruler reserved fieldName which cannot be used inside $or.",
  ],
  [
    '{"a" ["x"]}',
    "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value",
  ],
  ["", "Filter is not an object"],
  ["{", `Unexpected end-of-input: expected close marker for Object (start marker at ${at("{", 1)})`],
  ['{"a', "Unexpected end-of-input in field name"],
  ['{"a"', "Unexpected end-of-input within/between Object entries"],
  ['{"a":', "Unexpected end-of-input within/between Object entries"],
  ['{"a":[', `Unexpected end-of-input: expected close marker for Array (start marker at ${at('{"a":[', 6)})`],
  ['{"a":["x', "Unexpected end-of-input: was expecting closing quote for a string value"],
  ['{"a":["x",', "Unexpected end-of-input within/between Array entries"],
  ['{"a":["x"}', `Unexpected close marker '}': expected ']' (for Array starting at ${at('{"a":["x"}', 6)})`],
  [
    '{"a":["x"]]',
    `Unexpected close marker ']': expected '}' (for Object starting at ${at('{"a":["x"]]', 1)})`,
  ],
  ['{"a":["x",]}', "Unexpected character (']' (code 93)): expected a value"],
  ['{"a":}', "Unexpected character ('}' (code 125)): expected a value"],
  ['{"a":["x"],}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"],
  ["{'a':[1]}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"],
  ['{"a":[01]}', "Invalid numeric value: Leading zeroes not allowed"],
  [
    '{"a":[1.]}',
    "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit",
  ],
  ['{"a":["\\x"]}', "Unrecognized character escape 'x' (code 120)"],
  [`{"a":${"[".repeat(2_000)}`, "Match value must be String, number, true, false, or null"],
  [`${'{"a":'.repeat(2_000)}`, "Document nesting depth exceeds the maximum allowed (1000)"],
])("%s is an invalid pattern", (source, reason) => {
  expect(() => eventPattern(source)).toThrow(new RegExp(`^${RegExp.escape(reason)}(\n| at |$)`));
});

test.each([
  ['{"detail-type":["Object Created"],"source":"aws.s3"}', 1, 45],
  ['{"detail-type":[],"source":["x"]}', 1, 18],
  ['{\n  "a": [],\n}', 2, 10],
])("the error of %s has the right position", (source, line, column) => {
  expect(() => eventPattern(source)).toThrow(
    `at [Source: (String)"${source}"; line: ${line}, column: ${column}]`,
  );
});

describe("an index of rules", () => {
  const index = ruleIndex<string>();
  const rules: Record<string, object> = {
    exact: { source: ["a", "b"], type: ["t"] },
    prefix: { key: [{ prefix: "in/" }] },
    suffix: { key: [{ suffix: ".png" }, "exactly"] },
    either: { $or: [{ source: ["c"] }, { size: [{ numeric: [">", 10] }] }] },
    absent: { source: [{ exists: false }] },
  };
  for (const [name, pattern] of Object.entries(rules))
    index.set(name, eventPattern(JSON.stringify(pattern)), name);

  test.each<[Json, string[]]>([
    [{ source: "b", type: "t" }, ["exact"]],
    [{ source: "b" }, []],
    [{ source: "x", key: "in/a.png" }, ["prefix", "suffix"]],
    [{ source: "x", key: ["exactly"] }, ["suffix"]],
    [{ source: "c", size: 11 }, ["either"]],
    [{ size: 11 }, ["absent", "either"]],
    [{}, ["absent"]],
  ])("finds the rules that %j matches", (event, found) => {
    expect(index.match(event).sort()).toEqual(found);
  });

  test("drops deleted rules, and finds their replacements", () => {
    const changing = ruleIndex<number>();
    changing.set("rule", eventPattern('{"a":["x"]}'), 1);
    changing.set("rule", eventPattern('{"a":["y"]}'), 2);
    expect([changing.match({ a: "x" }), changing.match({ a: "y" })]).toEqual([[], [2]]);
    changing.delete("rule");
    expect(changing.match({ a: "y" })).toEqual([]);
  });

  test.each<[string, (at: number) => object]>([
    ["one value each", (at) => ({ customer: [`c${at}`] })],
    ["one range each", (at) => ({ price: [{ numeric: [">=", at, "<", at + 1] }] })],
    [
      "all but a few values",
      (at) => ({ state: [{ "anything-but": at === 777 ? ["sent"] : ["paid", `${at}`] }] }),
    ],
  ])("evaluates few of ten thousand rules: %s", (_, detailOf) => {
    const many = ruleIndex<number>();
    let evaluations = 0;
    for (let at = 0; at < 10_000; at++) {
      const pattern = eventPattern(JSON.stringify({ source: ["orders"], detail: detailOf(at) }));
      const branches = pattern.branches.map((branch) => ({
        ...branch,
        matches: (event: Json) => ++evaluations > 0 && branch.matches(event),
      }));
      many.set(`rule-${at}`, { ...pattern, branches }, at);
    }
    const detail = { customer: "c777", price: 777.5, state: "paid" };
    expect(many.match({ source: "orders", detail })).toEqual([777]);
    expect(evaluations).toBeLessThan(10);
  });
});

test("names in an event may have any number of dots", () => {
  const long = "x.".repeat(60_000);
  const event = { [`${long}a`]: 1, [`${long}b`]: 2, "y.z": [3] };
  expect(eventPattern('{"y":{"z":[3]}}').matches(event)).toBe(true);
});

test.each([
  [[], false],
  [["dir/*.png"], false],
  [["*a*a*a*a*"], false],
  [["*:stack/Shared/*", "*:stack/Network/*", "*:stack/Data/*"], false],
  [["*:stack/Shared/*", "*:stack/Network/*", "*:stack/Data/*", "*:stack/Monitoring/*"], true],
  [["*a*b*c*d*e*f*g*h*i*j*k*"], true],
  [["*aaaaaaaaaaaa"], true],
  [Array.from({ length: 100 }, (_, n) => `bucket-${n + 100}-*`), false],
])("wildcards %j are too complex: %s", (wildcards, expected) => {
  const pattern = eventPattern(JSON.stringify({ a: ["x", ...wildcards.map((wildcard) => ({ wildcard }))] }));
  expect(isTooComplex(pattern)).toBe(expected);
});

test.each([
  ["numbers", 450, (n: number) => n + 1, 0],
  ["texts", 450, (n: number) => `v${n}`, "x"],
  ["networks", 150, (n: number) => ({ cidr: `10.0.${n}.0/24` }), "11.11.11.11"],
] as const)(
  "%s are not compared with each of a field's values",
  { timeout: 5_000 },
  (_, length, condition, value) => {
    const pattern = eventPattern(JSON.stringify({ a: Array.from({ length }, (_, n) => condition(n)) }));
    expect(pattern.matches({ a: Array(100_000).fill(value) })).toBe(false);
  },
);

test("an address matches a network and a text beside it", () => {
  const { matches } = eventPattern('{"a":[{"cidr":"10.0.0.0/8"},"none",{"exists":false}]}');
  expect([["10.1.2.3"], ["none"], [], [[]], "11.0.0.1", { b: 1 }].map((a) => matches({ a }))).toEqual([
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
});

test("a wildcard's text that repeats is found in time", { timeout: 5_000 }, () => {
  const pattern = eventPattern(JSON.stringify({ a: [{ wildcard: `*ab${"a".repeat(70_000)}*` }] }));
  const value = "a".repeat(1_000_000);
  expect(pattern.matches({ a: value })).toBe(false);
  expect(pattern.matches({ a: `ab${value}` })).toBe(true);
});
