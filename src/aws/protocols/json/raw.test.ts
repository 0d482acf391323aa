import { expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import { protocol } from "../index.ts";
import { meta } from "../testing.ts";
import { bytesOf, printed, printedList, printedMap, RawJson, withoutRaw } from "./raw.ts";

const json = (value: unknown) => printed(Buffer.from(JSON.stringify(value)));
const raw = <T>(value: T) =>
  new RawJson(
    () => json(value),
    () => value,
  );
const bodyOf = (operation: string, output: object, contentType?: string) =>
  protocol("awsJson1_0").encode(loadContract("dynamodb").operation(operation)!, output, {
    ...meta,
    ...(contentType !== undefined && { contentType }),
  }).body;
const readBody = (operation: string, output: object) =>
  JSON.parse(Buffer.from(bodyOf(operation, output) as string | Buffer).toString());

test("serialized members are sent as they are, other members by their shape", () => {
  const item = { "\u2603": { S: 'a"\u00e9' }, n: { N: "1" } };
  expect(readBody("GetItem", { Item: raw(item) })).toEqual({ Item: item });
  expect(
    readBody("Query", { Items: raw([item]), Count: 1, ScannedCount: 2, LastEvaluatedKey: undefined }),
  ).toEqual({ Items: [item], Count: 1, ScannedCount: 2 });
  const key = { k: { B: Buffer.from("bytes") } };
  expect(readBody("Query", { Items: raw([]), LastEvaluatedKey: key })).toEqual({
    Items: [],
    LastEvaluatedKey: { k: { B: "Ynl0ZXM=" } },
  });
});

test("lists and maps of serialized values", () => {
  const values = [{ a: 1 }, "\u2603", [], null];
  for (let count = 0; count <= values.length; count++) {
    const some = values.slice(0, count);
    expect(JSON.parse(bytesOf(printedList(some.map(json))).toString())).toEqual(some);
    const named = some.map((value, at) => [`"${at}\u2603`, value] as const);
    expect(
      JSON.parse(bytesOf(printedMap(named.map(([name, value]) => [name, json(value)]))).toString()),
    ).toEqual(Object.fromEntries(named));
  }
});

test("other protocols encode the value", () => {
  const cbor = bodyOf("GetItem", { Item: raw({ k: { S: "text" } }) }, "application/x-amz-cbor-1.1");
  expect(Buffer.from(cbor as Uint8Array).toString("latin1")).toContain("text");
  const output = { Count: 1 };
  expect(withoutRaw(output)).toBe(output);
  expect(withoutRaw({ Count: 1, Item: raw({ k: 1 }) })).toEqual({ Count: 1, Item: { k: 1 } });
});
