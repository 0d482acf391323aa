import fc from "fast-check";
import { expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import { protocol } from "../index.ts";
import { requestOf } from "../testing.ts";
import { checkMembers } from "./part-limits.ts";

const MOST = { members: 100, each: 10, values: 200 };
const PADDING = " ".repeat(1_000_001);
const isTaken = (json: string, most = MOST) => {
  try {
    checkMembers(Buffer.from(PADDING + json), most);
    return true;
  } catch {
    return false;
  }
};
const object = (count: number, value: unknown = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

test("members are counted, per object and in total", () => {
  expect(isTaken(JSON.stringify(object(10)))).toBe(true);
  expect(isTaken(JSON.stringify(object(11)))).toBe(false);
  expect(isTaken(JSON.stringify({ a: [object(10), object(10)], b: object(10, object(1)) }))).toBe(true);
  expect(isTaken(JSON.stringify({ a: object(10), ...object(10) }))).toBe(false);
  expect(isTaken(JSON.stringify(object(10, object(9))))).toBe(true);
  expect(isTaken(JSON.stringify(object(10, object(10))))).toBe(false);
});

test("values of lists and objects are counted", () => {
  expect(isTaken(JSON.stringify(Array(199).fill("a,b")))).toBe(true);
  expect(isTaken(JSON.stringify(Array(202).fill(1)))).toBe(false);
  expect(isTaken(JSON.stringify(Array(101).fill([])))).toBe(false);
  expect(isTaken(JSON.stringify(Array(101).fill({})))).toBe(false);
});

test("text content is not counted, however it is escaped", () => {
  const texts = fc.array(
    fc.constantFrom('"', "\\", ":", "{", "}", "a", "\\\\", ":::::::::::", "x".repeat(40)),
  );
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 9 }), (all) => {
      const json = JSON.stringify({ list: all.map((parts) => ({ [`k${parts.join("")}`]: parts.join("") })) });
      expect(isTaken(json, { ...MOST, members: all.length + 1, each: 1 })).toBe(true);
      expect(isTaken(json, { ...MOST, members: all.length, each: 1 })).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test("invalid JSON is left to the parser, and so are short bodies", () => {
  for (const text of ['"', "}}}}:", '{"a', '"\\', "\\"]) expect(isTaken(text)).toBe(true);
  expect(() => checkMembers(Buffer.from(JSON.stringify(object(1_000))), MOST)).not.toThrow();
});

test.each([
  ["sqs", "CreateQueue", 100_001, "tags"],
  ["dynamodb", "PutItem", 110_001, "Item"],
  ["lambda", "CreateFunction", 100_001, "Tags"],
])("%s rejects a call with more parts than it can need", (service, name, count, member) => {
  const operation = loadContract(service).operation(name)!;
  const speaks = protocol(operation.contract.protocols[0]!);
  const decode = (members: number) => {
    const value = service === "dynamodb" ? { NULL: true } : "1".repeat(9);
    return speaks.decode(
      operation,
      requestOf({ body: JSON.stringify({ [member]: object(members, value) }) }),
    );
  };
  expect(() => decode(count)).toThrow(
    expect.objectContaining({ code: "SerializationException", status: 400 }),
  );
  expect(Object.keys((decode(count - 2) as Record<string, object>)[member]!)).toHaveLength(count - 2);
});
