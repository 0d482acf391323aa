import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { separate } from "../records/aggregated.ts";
import { deaggregated } from "./deaggregate.ts";
import { parseMetadataQuery, partitionKeysOf } from "./query.ts";

test.each([
  ["{a: .a}", { a: "1" }],
  ['{ "a b" : .["a b"], c:.c.d[1] }', { "a b": "x", c: "true" }],
])("the query %s extracts partition keys", (query, keys) => {
  const document = { a: 1, "a b": "x", c: { d: [0, true] } };
  const found = partitionKeysOf(parseMetadataQuery(query), Buffer.from(JSON.stringify(document)));
  expect(Object.fromEntries(found as Map<string, string>)).toEqual(keys);
});

test("a result that is not a number is no partition key", () => {
  const found = partitionKeysOf(parseMetadataQuery("{a: (.n | sqrt)}"), Buffer.from('{"n":-1}'));
  expect(found).toBeTypeOf("string");
});

test("a query that exceeds the step limit returns no keys, even within a try", () => {
  const query = parseMetadataQuery('{a: (try ([.[range(60000) * 0]] | sort) catch "b")}');
  const data = Buffer.from(JSON.stringify([new Array(100_000).fill(1)]));
  expect(partitionKeysOf(query, data)).toBeTypeOf("string");
});

test.each(["", ".a", "{a:}", "{a: .a, }", "{a: .a as $x | $x}", "{(.a): 1}"])(
  "%s is refused as an unsupported query",
  (query) => {
    expect(() => parseMetadataQuery(query)).toThrow();
  },
);

test("documents in one record are split at their braces, ignoring braces in strings", () => {
  const split = (data: string) => deaggregated({ json: true }, Buffer.from(data)).map(String);
  expect(split('{"a":"}\\""} [1,{"b":2}]\n{}')).toEqual(['{"a":"}\\""}', '[1,{"b":2}]', "{}"]);
  expect(split('{"a":1')).toEqual(['{"a":1']);
  expect(split("plain")).toEqual(["plain"]);
});

test("a message with the checksum of an aggregated record is deaggregated or kept whole", () => {
  const one = Buffer.from("1a060800", "hex");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (noise, isBegun) => {
      const message = Buffer.concat([isBegun ? one : Buffer.alloc(0), noise]);
      const record = Buffer.concat([
        Buffer.from("f3899ac2", "hex"),
        message,
        createHash("md5").update(message).digest(),
      ]);
      const found = separate(record);
      expect(found.length).toBeGreaterThan(0);
      for (const data of found) expect(record.includes(data)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
