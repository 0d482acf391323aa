import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import { jsonMembersReader } from "./shapes.ts";
import { plainReader } from "./text.ts";

const { input } = loadContract("kinesis").operation("PutRecords")!;
const readPlain = plainReader(input)!;
const readAny = jsonMembersReader(input, input.members);
/** The result of a reader, or its error. */
const understood = (read: (text: string) => unknown, text: string): unknown => {
  try {
    return read(text);
  } catch (error) {
    return (error as Error).message;
  }
};

test("usual JSON is parsed like the engine does", () => {
  const Records = [
    { Data: "", PartitionKey: "a" },
    { Data: "AQID", PartitionKey: "schlüssel 🔑", ExplicitHashKey: "12" },
    { Data: "+/8=", PartitionKey: "a longer key, with: [signs] {of} JSON" },
  ];
  for (const text of [
    JSON.stringify({ StreamName: "s", Records }),
    JSON.stringify({ DryRun: true, Records }),
    JSON.stringify({ Records, DryRun: false }),
    JSON.stringify({ Records, StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s" }, undefined, 2),
  ]) {
    expect(readPlain(text)).toBeDefined();
    expect(readPlain(text)).toEqual(readAny(Buffer.from(text)));
  }
});

describe("unusual JSON is left to the engine", () => {
  test.each([
    "",
    "{}",
    "null",
    '{"Records":[]}',
    '{"StreamName":"a\\u0062"}',
    '{"StreamName":"a\u0001"}',
    '{"StreamName":"a',
    '{"StreamName":"a"',
    '{"StreamName":"a"}}',
    '{"StreamName":"a",}',
    '{"StreamName":null}',
    '{"StreamName":1}',
    '{"DryRun":truest}',
    '{"DryRun":"true"}',
    '{"DryRun":1}',
    '{"Stream":"a"}',
    '{"__proto__":{}}',
    '{"Records":[null]}',
    '{"Records":[{"Data":"§","PartitionKey":"a"}]}',
    '{"Records":[{"Data":"AQ I=","PartitionKey":"a"}]}',
    '{"Records":[{"Data":"AQID',
  ])("%s", (text) => expect(readPlain(text)).toBeUndefined());
});

test("a parsed body is parsed correctly", () => {
  const record = fc.record(
    {
      Data: fc.oneof(fc.base64String(), fc.string({ maxLength: 8 })),
      PartitionKey: fc.string({ unit: "grapheme" }),
      ExplicitHashKey: fc.oneof(fc.string(), fc.constant(null)),
      Other: fc.jsonValue(),
    },
    { requiredKeys: ["Data", "PartitionKey"] },
  );
  const edit = fc.tuple(fc.nat(), fc.constantFrom(...'{}[],:" \\=\u0007\u0100a'));
  const body = fc.tuple(
    fc.record({ Records: fc.array(record, { minLength: 1 }), StreamName: fc.string() }),
    fc.constantFrom(undefined, " ", "\r\n\t"),
    fc.array(edit, { maxLength: 2 }),
  );
  fc.assert(
    fc.property(body, ([value, space, edits]) => {
      let text = JSON.stringify(value, undefined, space);
      for (const [place, sign] of edits) {
        const at = place % text.length;
        text = text.slice(0, at) + sign + text.slice(at + 1);
      }
      // Editing may have split a surrogate pair, which cannot occur in text decoded from UTF-8.
      text = text.toWellFormed();
      const plain = understood(readPlain, text);
      if (plain !== undefined) expect(plain).toEqual(understood((of) => readAny(Buffer.from(of)), text));
    }),
    { numRuns: 1_000 },
  );
});

test("a shape with anything but texts, blobs and booleans has no such reader", () => {
  const shapeOf = (service: string, operation: string) => loadContract(service).operation(operation)!.input;
  expect(plainReader(shapeOf("firehose", "PutRecordBatch"))).toBeDefined();
  expect(plainReader(shapeOf("kinesis", "GetRecords"))).toBeUndefined();
  expect(plainReader(shapeOf("dynamodb", "BatchWriteItem"))).toBeUndefined();
});
