import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { bytesOf } from "#aws/protocols/json/raw.ts";
import { MAX_ITEM_BYTES, sizeOfItem } from "./size.ts";
import { decodeItem, encodeItem, rawItems, readAtOnce, StoredItem } from "./stored.ts";
import { type Item, isEqual, type Value } from "./value.ts";

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
])("an item %s is decoded, with and without its size", (_, item) => {
  for (const stored of [encodeItem(item), encodeItem(item, sizeOfItem(item))]) {
    expect(decodeItem(stored)).toEqual(item);
    expect(new StoredItem(stored).size).toBe(sizeOfItem(item));
    // The JSON is that of the wire protocol.
    expect(JSON.parse(new StoredItem(stored).json)).toEqual(
      JSON.parse(
        JSON.stringify(item, (_name, value) =>
          value?.type === "Buffer" ? Buffer.from(value).toString("base64") : value,
        ),
      ),
    );
  }
});

test("several stored items are written as their JSON, and parsed for internal callers", () => {
  const { print, value } = rawItems([plain, withBytes].map((item) => new StoredItem(encodeItem(item, 1))));
  expect(JSON.parse(bytesOf(print()).toString())).toHaveLength(2);
  expect(value()).toEqual([plain, withBytes]);
});

const listOf = (count: number, element: Value): Item => ({ list: { L: Array(count).fill(element) } });

test.each([
  ["booleans", listOf(200_000, { BOOL: true })],
  ["empty strings", listOf(409_000, { S: "" })],
  ["characters that JSON escapes", { text: { S: "\u0001".repeat(409_000) } }],
  ["nulls and bytes", { ...listOf(100_000, { NULL: true }), bytes: { B: Buffer.alloc(200_000, "b") } }],
])("an item of %s fits in a row, though its JSON is several times its size", (_, item) => {
  const size = sizeOfItem(item);
  expect(size).toBeLessThanOrEqual(MAX_ITEM_BYTES);
  const stored = encodeItem(item, size);
  expect(stored.length).toBeLessThan(MAX_ITEM_BYTES);
  const kept = new StoredItem(Buffer.concat([Buffer.from("before"), stored]), 6, 6 + stored.length);
  expect(kept.size).toBe(size);
  expect(isEqual({ M: kept.item }, { M: item })).toBe(true);
  expect(kept.length).toBeGreaterThan(1.2 * MAX_ITEM_BYTES);
  expect(bytesOf(kept).toString()).toBe(kept.json);
  // A change record with two images of it fits, too.
  const change: Item = { old: { M: item }, new: { M: item } };
  expect(isEqual({ M: decodeItem(encodeItem(change)) }, { M: change })).toBe(true);
});

test("smaller items are deflated if many are written together", () => {
  const item = listOf(1_000, { BOOL: true });
  expect(encodeItem(item, 2_000).length).toBeGreaterThan(14_000);
  const stored = encodeItem(item, 2_000, true);
  expect(stored.length).toBeLessThan(200);
  expect(decodeItem(stored)).toEqual(item);
});

test("an item whose numbers of a hundred digits make its JSON too large is rejected, however small its DynamoDB size", () => {
  const item = listOf(40_000, { N: `1${"0".repeat(120)}` });
  expect(sizeOfItem(item)).toBeLessThan(MAX_ITEM_BYTES);
  expect(() => encodeItem(item, sizeOfItem(item))).toThrow("Item size has exceeded the maximum allowed size");
});

test("inflating a row that states an excessive length stops at the maximum", () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 2 ** 20, " "));
  const row = Buffer.concat([Buffer.from([4, 0, 0, 0, 1]), bomb]);
  expect(() => new StoredItem(row).item).toThrow(RangeError);
});

test("few deflated rows are read at once", () => {
  const large = { key: Buffer.alloc(1), value: encodeItem(listOf(200_000, { BOOL: true })) };
  expect(readAtOnce(Array(9).fill(large))).toHaveLength(2);
  expect(readAtOnce(Array(9).fill(large), 1)).toHaveLength(1);
  const small = { key: Buffer.alloc(1), value: encodeItem(plain) };
  expect(readAtOnce(Array(1_000).fill(small))).toHaveLength(1_000);
});
