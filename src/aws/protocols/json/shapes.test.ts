import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import type { ShapeEntry } from "../../contract/format.ts";
import { protocol } from "../index.ts";
import { meta, operationOf, requestOf } from "../testing.ts";

const { decode, encode } = protocol("awsJson1_1");

const shapes: Record<string, ShapeEntry> = {
  Input: {
    type: "structure",
    members: {
      Name: "$string",
      On: "$boolean",
      Count: "$integer",
      Long: "$long",
      Big: "$biginteger",
      Ratio: "$double",
      Data: "$blob",
      When: "$timestamp",
      List: "List",
      Blobs: "Blobs",
      Sparse: "Sparse",
      Map: "Map",
      Next: "Input",
      Choice: "Choice",
      Any: "Any",
    },
  },
  List: { type: "list", member: "$string" },
  Blobs: { type: "list", member: "$blob" },
  Sparse: { type: "list", member: "$string", sparse: true },
  Map: { type: "map", key: "$string", value: "$string" },
  Choice: { type: "union", members: { A: "$string", B: "$string" } },
  Any: { type: "document", members: {} },
};
const operation = operationOf({ ...shapes, Output: shapes.Input! });

const read = (body: string) => decode(operation, requestOf({ body }));
const write = (output: object) => JSON.parse(encode(operation, output, meta).body as string);

describe("reading", () => {
  test("an empty body has no members", () => expect(read("")).toEqual({}));

  test.each([
    ['{"Name": 1}', "NUMBER_VALUE can not be converted to a String"],
    ['{"Name": {}}', "Start of structure or map found where not expected."],
    ['{"Name": []}', "Start of list found where not expected"],
    ['{"On": "true"}', "STRING_VALUE can not be converted to Boolean"],
    ['{"Count": "many"}', "STRING_VALUE can not be converted to an Integer"],
    ['{"Count": 2147483648}', "NUMBER_VALUE can not be converted to an Integer"],
    ['{"Count": -1e999}', "DECIMAL_VALUE can not be converted to an Integer"],
    ['{"Long": 123000000000000000000000}', "NUMBER_VALUE can not be converted to a Long"],
    ['{"Count": true}', "TRUE_VALUE can not be converted to an Integer"],
    ['{"Ratio": "x"}', "STRING_VALUE can not be converted to a Double"],
    ['{"Data": 1.5}', "DECIMAL_VALUE can not be converted to a Blob"],
    ['{"List": "a"}', "Expected list or null"],
    ['{"List": {}}', "Expected list or null"],
    ['{"Map": []}', "Start of list found where not expected"],
    ['{"Map": "a"}', "Expected null"],
    ['{"Next": false}', "Expected null"],
    ["[]", "Start of list found where not expected"],
    ["null", ""],
    ["{", "Unexpected token received from parser"],
    [
      '{"Data": "string"}',
      "'string' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 6",
    ],
    ['{"Data": "abc§"}', "'abc§' can not be converted to a Blob: Invalid base64 character: '§'"],
    ['{"Data": "QUJŁ"}', "'QUJŁ' can not be converted to a Blob: Invalid base64 character: 'Ł'"],
    ['{"Data": "-_8="}', "'-_8=' can not be converted to a Blob: Invalid base64 character: '-'"],
    ['{"Data": "aGl="}', expect.stringContaining("Invalid last non-pad Base64 character")],
    ['{"Data": "ab=="}', expect.stringContaining("Invalid last non-pad Base64 character")],
    ['{"Data": "a==="}', expect.stringContaining("Invalid last non-pad Base64 character")],
    ['{"When": "soon"}', "Unable to parse timestamp: soon"],
    ['{"When": 1e30}', "Unable to parse timestamp: 1e+30"],
    ['{"Choice": {"A": "a", "B": "b"}}', "Unions must have exactly one member set"],
  ])("%s is rejected: %s", (body, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: "SerializationException", status: 400, message }),
    );
  });

  test("base64 may contain line breaks, as in old versions of the CLI", () => {
    expect(read('{"Data": "AQID\\nBAUG\\n"}')).toEqual({ Data: Buffer.of(1, 2, 3, 4, 5, 6) });
  });

  test("unknown members are dropped, and null means absent", () => {
    expect(read('{"Name": null, "Other": {"deep": [1]}, "List": ["a", null], "Map": {"k": null}}')).toEqual({
      List: ["a"],
      Map: {},
    });
    expect(read('{"Blobs": ["AQ==", null, "Ag=="]}')).toEqual({ Blobs: [Buffer.of(1), Buffer.of(2)] });
    expect(read('{"Sparse": ["a", null]}')).toEqual({ Sparse: ["a", null] });
  });

  test("W1: timestamps are in seconds, with or without a fraction, or text", () => {
    const when = new Date("2026-11-21T07:36:27.123Z");
    expect(read('{"When": 1795246587.123}')).toEqual({ When: when });
    expect(read('{"When": "2026-11-21T07:36:27.123Z"}')).toEqual({ When: when });
    expect(read('{"When": "2026-11-21T08:36:27.123+01:00"}')).toEqual({ When: when });
    expect(read('{"When": "Sat, 21 Nov 2026 07:36:27 GMT"}')).toEqual({
      When: new Date("2026-11-21T07:36:27Z"),
    });
  });

  test("W7: special floats are words, digits beyond 2^53 are kept if the model requires them", () => {
    expect(read('{"Ratio": "NaN"}')).toEqual({ Ratio: Number.NaN });
    expect(read('{"Ratio": "-Infinity"}')).toEqual({ Ratio: -Infinity });
    expect(read('{"Big": 1234567890123456789, "Count": 2.9}')).toEqual({
      Big: 1234567890123456789n,
      Count: 2,
    });
    expect(() => read('{"Count": 1e400}')).toThrow(
      expect.objectContaining({ code: "SerializationException" }),
    );
  });

  test("W8: __proto__ is an ordinary key", () => {
    const { Map: map } = read('{"Map": {"__proto__": "x", "constructor": "y"}}') as { Map: object };
    expect(Object.entries(map)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    expect(JSON.stringify(write({ Map: map }))).toBe('{"Map":{"__proto__":"x","constructor":"y"}}');
    expect(read('{"__proto__": {"Name": "polluted"}}').Name).toBeUndefined();
  });

  test("nesting is bounded, in shapes and in documents, independent of the engine's stack", () => {
    const nested = (open: string, close: string) => `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    const refused = expect.objectContaining({ code: "SerializationException", status: 400 });
    expect(() => read(nested('{"Next":', "}"))).toThrow(refused);
    expect(() => read(`{"Any": ${nested("[", "]")}}`)).toThrow(refused);
    expect(read(`{"Ignored": ${nested("[", "]")}}`)).toEqual({});
  });
});

describe("writing", () => {
  test("the handler's output is not modified, and unknown members are omitted", () => {
    const output = Object.freeze({
      Name: "n",
      internal: 1,
      Data: Uint8Array.of(1, 2, 3),
      When: new Date(1500),
      Ratio: Number.POSITIVE_INFINITY,
      Long: 12345678901234567890n,
      List: Object.freeze(["a", undefined]),
      Next: undefined,
    });
    expect(encode(operation, output, meta).body).toBe(
      '{"Name":"n","Data":"AQID","When":1.5,"Ratio":"Infinity","Long":12345678901234567890,"List":["a"]}',
    );
    expect(output.internal).toBe(1);
  });
});

test("W4: the RPC protocols have members' own names, restJson1 the wire names (W11)", () => {
  const renamed: Record<string, ShapeEntry> = {
    Input: { type: "structure", members: { RestApiId: ["$string", { name: "restApiId" }] } },
  };
  const body = '{"RestApiId": "a", "restApiId": "b"}';
  expect(decode(operationOf(renamed), requestOf({ body }))).toEqual({ RestApiId: "a" });
  const rest = operationOf(renamed, { protocols: ["restJson1"] });
  expect(protocol("restJson1").decode(rest, requestOf({ body }))).toEqual({ RestApiId: "b" });
});

/** Objects as lists of entries, bytes as text, so that a key `__proto__` is compared like any other. */
function spelled(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, inner]) => [name, spelled(inner)]);
}

test("a DynamoDB item of any form survives encoding and decoding", () => {
  const getItem = loadContract("dynamodb").operation("GetItem")!;
  const putItem = loadContract("dynamodb").operation("PutItem")!;
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.record({ S: fc.string() }),
      fc.record({ N: fc.integer().map(String) }),
      fc.record({ B: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
      fc.record({ BOOL: fc.boolean() }),
      fc.record({ L: fc.array(tie("value")) }),
      fc.record({ M: fc.dictionary(fc.string(), tie("value")) }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (Item) => {
      const body = protocol("awsJson1_0").encode(getItem, { Item }, meta).body as string;
      const decoded = protocol("awsJson1_0").decode(putItem, requestOf({ body }));
      expect(spelled(decoded)).toEqual(spelled({ Item }));
    }),
  );
});
