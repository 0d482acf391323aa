import fc from "fast-check";
import { expect, test } from "vitest";
import { ionOf } from "../exports/ion.ts";
import type { Item, Value } from "../values/value.ts";
import { Unreadable } from "./csv.ts";
import { itemsOfIon } from "./ion.ts";
import { ionValues } from "./ion-values.ts";

async function read(text: string, pieceLength = text.length): Promise<(Item | undefined)[]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
  }
  const items: (Item | undefined)[] = [];
  for await (const value of ionValues(pieces())) items.push(...itemsOfIon(value));
  return items;
}

const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());
const number = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -120, max: 80 }))
  .map(([digits, power]) => `${digits}e${power}`);
const bytes = fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one));
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text.map((S): Value => ({ S })),
    number.map((N): Value => ({ N })),
    bytes.map((B): Value => ({ B })),
    fc.boolean().map((BOOL): Value => ({ BOOL })),
    fc.constant<Value>({ NULL: true }),
    fc.array(text).map((SS): Value => ({ SS })),
    fc.array(number).map((NS): Value => ({ NS })),
    fc.array(bytes).map((BS): Value => ({ BS })),
    fc.array(tie("value")).map((L): Value => ({ L })),
    fc.dictionary(text, tie("value")).map((M): Value => ({ M })),
  ),
}));

/** An item with numbers by their value, since their texts may differ. */
const withNumbers = (item: Item) =>
  JSON.parse(JSON.stringify(item), (name, one) =>
    name === "N" ? Number(one) : name === "NS" && Array.isArray(one) ? one.map(Number) : one,
  );

test("an item is the same after it was written and read in pieces of any length", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(text, value)),
      fc.integer({ min: 1, max: 40 }),
      async (items, length) => {
        const written = items.map((item) => `$ion_1_0 {Item:${ionOf(item)}}\n`).join("");
        expect(written.split("\n")).toHaveLength(items.length + 1);
        expect((await read(written, length)).map((item) => withNumbers(item!))).toEqual(
          items.map(withNumbers),
        );
      },
    ),
  );
});

const VALUES: [ion: string, expected: Value][] = [
  ["103.", { N: "103." }],
  ["-6d2", { N: "-6e2" }],
  ["1_000.5_0D-3", { N: "1000.50e-3" }],
  ['"\\x41\\u00e9\\U0001F600\\n\\?"', { S: "Aé😀\n?" }],
  ["'''one\n''' // and\n '''two\\\n'''", { S: "one\ntwo" }],
  ["'''it's'''", { S: "it's" }],
  ["null.string", { NULL: true }],
  ["{{ aG\nk= }}", { B: Buffer.from("hi") }],
  ["{{//8=}}", { B: Buffer.from([0xff, 0xff]) }],
  ["note::$dynamodb_NS::[1., 2d0,]", { NS: ["1.", "2e0"] }],
  ["{\"a\":true,'b c':[/* } */],}", { M: { a: { BOOL: true }, "b c": { L: [] } } }],
];
for (const [ion, expected] of VALUES)
  test(`${ion.replaceAll("\n", "⏎")} is ${JSON.stringify(expected)}`, async () => {
    for (const length of [1, 1_000])
      expect(await read(`$ion_1_0 {Item:{v:${ion}}}`, length)).toEqual([{ v: expected }]);
  });

const INVALID = [
  "1",
  "1e5",
  "2020-01-01",
  "word",
  "'symbol'",
  '{{"clob"}}',
  '{{ "a }} \\" b" }}',
  "{{ '''a }}''' '''\"''' }}",
  "{{not-base64}}",
  "(a b)",
  '"\\q"',
  '"\\ud800"',
  "$dynamodb_SS::[1.]",
  "1.x",
  "[1. 2.]",
];
for (const ion of INVALID)
  test(`an item with ${ion} is invalid, and the next one is read`, async () => {
    expect(await read(`{Item:{v:${ion}}}\n$ion_1_0 {Item:{v:null}}`)).toEqual([
      undefined,
      { v: { NULL: true } },
    ]);
  });

const SCALARS = [
  "1",
  "-0x1F",
  "1.5e3",
  "1.5",
  "2020-01-01T00:00:00Z",
  "+inf",
  "word",
  "note::word",
  "note :: 7",
  "'a {symbol}'",
  '"a {string}"',
  '"a\nline"',
  '"\\q"',
  "null.int",
  "{{aGk=}}",
  '{{"a }} clob"}}',
];
for (const scalar of SCALARS)
  test(`${scalar.replaceAll("\n", "⏎")} is no item, and hides none behind it`, async () => {
    for (const length of [1, 1_000]) {
      expect(await read(`${scalar} {Item:{}}`, length)).toEqual([undefined, {}]);
      expect(await read(`${scalar}/* ] */note::{Item:{}}${scalar}`, length)).toEqual([
        undefined,
        {},
        undefined,
      ]);
      expect(await read(`[${scalar}, {Item:{}}]`, length)).toEqual([undefined, {}]);
    }
    expect(await read(Array(3).fill(scalar).join("\n"))).toEqual(Array(3).fill(undefined));
  });

test("an item of another form is invalid", async () => {
  expect(await read('{NoItem:{}} {Item:"x"} ["y",[]] {Item:{}}')).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    {},
  ]);
});

test("items may be in a list, which may be longer than any value", async () => {
  for (const length of [1, 7, 1_000])
    expect(await read("$ion_1_0 [{Item:{a:[1.]}},\n{Item:{a:[]}}, ] // end", length)).toMatchObject([
      { a: { L: [{ N: "1." }] } },
      { a: { L: [] } },
    ]);
  const many = Array.from({ length: 11_000 }, () => `{Item:{a:"${"x".repeat(500)}"}}`);
  expect(await read(`$ion_1_0\n[${many.join(",\n")}]`, 65_536)).toHaveLength(many.length);
});

for (const unreadable of ['{Item:{v:"}}', "}", "[{Item:{}}", "{}]", "{Item:{v:'''''", "/* {"])
  test(`${unreadable} is unreadable`, async () => {
    await expect(read(unreadable)).rejects.toThrow(Unreadable);
  });

test("a value without an end is not kept", async () => {
  await expect(read(`{Item:{v:"${"x".repeat(5 * 2 ** 20)}`, 65_536)).rejects.toThrow(Unreadable);
});

test("values nested thousands deep are invalid", async () => {
  const depth = 100_000;
  expect(await read(`{Item:{v:${"[".repeat(depth)}${"]".repeat(depth)}}}`)).toEqual([undefined]);
});

test("annotations by the thousand are invalid", async () => {
  expect(await read(`{Item:{v:${"a::".repeat(100_000)}1.}} {Item:{}}`)).toEqual([undefined, {}]);
});

test("the time to read brackets grows with their number only", async () => {
  const started = performance.now();
  expect(await read("[]".repeat(1_000_000), 65_536)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("the longest string is read", async () => {
  const long = '\\"x'.repeat(1_300_000);
  const [item] = await read(`{Item:{v:"${long}"}}`, 65_536);
  expect(item!.v!.S).toHaveLength(2_600_000);
});
