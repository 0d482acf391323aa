import { expect, test } from "vitest";
import { bytesOf } from "#aws/protocols/raw-json.ts";
import { sizeOfItem } from "./size.ts";
import { itemStored, Kept, rawItems, storedItem } from "./stored.ts";
import type { Item } from "./value.ts";

const plain: Item = {
  key: { S: "\u2603" },
  list: { L: [{ N: "1" }, { NULL: true }] },
  __proto: { BOOL: false },
};
const withBytes: Item = {
  key: { B: Buffer.from([0, 255]) },
  deep: { M: { set: { BS: [Buffer.from("a"), Buffer.from("b")] }, list: { L: [{ B: Buffer.alloc(0) }] } } },
};

test.each([
  ["without byte strings", plain],
  ["with byte strings", withBytes],
])("an item %s is kept with its size and without", (_, item) => {
  for (const stored of [storedItem(item), storedItem(item, sizeOfItem(item))]) {
    expect(itemStored(stored)).toEqual(item);
    expect(new Kept(stored).size).toBe(sizeOfItem(item));
    // As on the wire.
    expect(JSON.parse(new Kept(stored).json)).toEqual(
      JSON.parse(
        JSON.stringify(item, (_name, value) =>
          value?.type === "Buffer" ? Buffer.from(value).toString("base64") : value,
        ),
      ),
    );
  }
});

test("what is answered of several is their JSON, and their values to the house", () => {
  const { print, value } = rawItems([plain, withBytes].map((item) => new Kept(storedItem(item, 1))));
  expect(JSON.parse(bytesOf(print()).toString())).toHaveLength(2);
  expect(value()).toEqual([plain, withBytes]);
});

test("what has no place in a row is refused, however small DynamoDB counts it", () => {
  const truths = (count: number): Item => ({
    list: { L: Array.from({ length: count }, () => ({ BOOL: true })) },
  });
  expect(itemStored(storedItem(truths(140_000))).list!.L).toHaveLength(140_000);
  expect(sizeOfItem(truths(160_000))).toBeLessThan(400 * 1_024);
  expect(() => storedItem(truths(160_000))).toThrow("Item size has exceeded the maximum allowed size");
});
