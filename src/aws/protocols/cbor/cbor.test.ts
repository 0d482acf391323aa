import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShapeEntry } from "../../contract/format.ts";
import { protocol } from "../index.ts";
import { meta, operationOf, requestOf } from "../testing.ts";
import { Malformed } from "../values/malformed.ts";
import { CborTimestamp, CborWriter, decodeCbor } from "./cbor.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("W7: the examples of RFC 8949", () => {
  test.each<[string, unknown]>([
    ["00", 0],
    ["1903e8", 1000],
    ["1b000000e8d4a51000", 1000000000000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["c249010000000000000000", 18446744073709551616n],
    ["c349010000000000000000", -18446744073709551617n],
    ["20", -1],
    ["f90000", 0],
    ["f93c00", 1],
    ["f97bff", 65504],
    ["f90001", 2 ** -24],
    ["f9c400", -4],
    ["f97c00", Number.POSITIVE_INFINITY],
    ["f97e00", Number.NaN],
    ["fa47c35000", 100000],
    ["fb3ff199999999999a", 1.1],
    ["f4", false],
    ["f6", null],
    ["f7", null],
    ["6449455446", "IETF"],
    ["62c3bc", "ü"],
    ["83010203", [1, 2, 3]],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
    ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
    ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
    ["7f657374726561646d696e67ff", "streaming"],
    ["c11a514b67b0", new CborTimestamp(1363896240)],
    ["d82076687474703a2f2f7777772e6578616d706c652e636f6d", "http://www.example.com"],
  ])("%s", (bytes, value) => expect(decodeCbor(hex(bytes))).toEqual(value));

  test.each([
    ["", "nothing"],
    ["0000", "two items"],
    ["61", "a string that is cut off"],
    ["9bffffffffffffffff", "a list that says it has 2^64 entries"],
    ["9a7fffffff00", "a list that says it has 2^31 entries"],
    ["5affffffff00", "bytes that are not there"],
    ["9f01", "a list without its end"],
    ["7f4100ff", "bytes in the chunks of a string"],
    ["a10000", "a key that is a number"],
    ["ff", "an end without a beginning"],
    ["1c", "a reserved length"],
    ["f8ff", "an unknown simple value"],
    ["c161 61", "a timestamp that is a string"],
    ["81".repeat(1000), "nesting without an end"],
    [`9f${"00".repeat(500_001)}ff`, "more values than any call has"],
    [`7f${"60".repeat(500_001)}ff`, "more pieces of a string"],
    [`bf${"616100".repeat(100_001)}ff`, "more members"],
  ])("%.40s is malformed: %s", (bytes) => expect(() => decodeCbor(hex(bytes))).toThrow(Malformed));

  test("W8: __proto__ is an ordinary key", () => {
    const map = decodeCbor(hex("a1 69 5f5f70726f746f5f5f a1 6161 01")) as object;
    expect(Object.keys(map)).toEqual(["__proto__"]);
    expect("a" in map).toBe(false);
  });
});

const shapes: Record<string, ShapeEntry> = {
  Input: {
    type: "structure",
    members: {
      Text: "$string",
      Whole: "$long",
      Part: "$double",
      Data: "$blob",
      When: "$timestamp",
      Map: "Map",
      List: "List",
    },
  },
  Map: { type: "map", key: "$string", value: "$string" },
  List: { type: "list", member: "Input" },
};
const operation = operationOf(
  { ...shapes, Output: shapes.Input! },
  { protocols: ["rpcv2Cbor", "awsJson1_1"] },
);
const { decode, encode } = protocol("rpcv2Cbor");

test("values of every type survive encoding and decoding", () => {
  const { structure } = fc.letrec((tie) => ({
    structure: fc.record(
      {
        Text: fc.string(),
        Whole: fc.maxSafeInteger(),
        Part: fc.double(),
        Data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        When: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }),
        Map: fc.dictionary(fc.string(), fc.string()),
        List: fc.array(tie("structure"), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
  }));
  fc.assert(
    fc.property(structure, (value) => {
      const body = encode(operation, value as object, meta).body as Uint8Array;
      const plain = (part: unknown) => structuredClone(part);
      expect(plain(decode(operation, requestOf({ body })))).toEqual(plain(value));
    }),
  );
});

test.each([
  ["a1 6454657874 01", "NUMBER_VALUE can not be converted to a String"],
  ["a1 6557686f6c65 f97e00", "DECIMAL_VALUE can not be converted to an Integer"],
  ["a1 6557686f6c65 fb43f0000000000000", "NUMBER_VALUE can not be converted to an Integer"],
  ["80", "Start of list found where not expected"],
  ["a1 634d6170 40", "Expected null"],
])("a wrong type has the same error as in JSON: %s", (bytes, message) => {
  expect(() => decode(operation, requestOf({ body: hex(bytes) }))).toThrow(
    expect.objectContaining({ code: "SerializationException", message }),
  );
});

describe("W6: Kinesis's Java client uses CBOR with X-Amz-Target", () => {
  const contentType = "application/x-amz-cbor-1.1";
  const json = protocol("awsJson1_1");

  test("the response is CBOR as well, with timestamps in milliseconds", () => {
    const writer = new CborWriter();
    writer.map(1);
    writer.string("When");
    writer.tag(1);
    writer.integer(1_787_036_486_712);
    const request = requestOf({ headers: { "content-type": contentType }, body: writer.bytes() });
    const input = json.decode(operation, request);
    expect(input).toEqual({ When: new Date(1_787_036_486_712) });

    const answer = json.encode(operation, input, { ...meta, contentType });
    expect(answer.headers["content-type"]).toBe(contentType);
    expect(decodeCbor(answer.body as Uint8Array)).toEqual({ When: new CborTimestamp(1_787_036_486_712) });
  });

  test("rpcv2Cbor has timestamps in seconds", () => {
    const answer = encode(operation, { When: new Date(1_787_036_486_712) }, meta);
    expect(decodeCbor(answer.body as Uint8Array)).toEqual({ When: new CborTimestamp(1_787_036_486.712) });
  });
});
