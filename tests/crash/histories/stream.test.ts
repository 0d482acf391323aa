import { expect, test } from "vitest";
import { keyOf, listOf } from "./lists-table.ts";
import { faultsIn } from "./stream.ts";

const imageOf = (elements: number[]) => ({ ...keyOf("a/1"), list: listOf(elements) });
const record = (SequenceNumber: string, before: number[] | undefined, after: number[]) => ({
  eventName: before ? ("MODIFY" as const) : ("INSERT" as const),
  dynamodb: {
    Keys: keyOf("a/1"),
    SequenceNumber,
    ...(before && { OldImage: imageOf(before) }),
    NewImage: imageOf(after),
  },
});
const first = record("1", undefined, [1]);
const second = record("2", [1], [1, 2]);
const third = record("3", [1, 2], [1, 2, 3]);
const last = new Map([["a/1", [1, 2, 3]]]);

test("a stream with every version once has no faults", () => {
  expect(faultsIn([first, second, third], last)).toEqual([]);
});

test.each([
  ["one is left out", [first, third]],
  ["the first is left out", [second, third]],
  ["the last is left out", [first, second]],
  ["one is there twice", [first, second, second, third]],
  ["two are in the wrong order", [first, third, second]],
  ["nothing is there", []],
  ["what is written is not what was read", [first, record("2", [1], [2, 1]), third]],
])("it is noticed that %s", (_, records) => {
  expect(faultsIn(records, last)).not.toEqual([]);
});
