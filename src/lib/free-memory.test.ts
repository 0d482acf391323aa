import { expect, test } from "vitest";
import { freeMemory } from "./free-memory.ts";

test("frees a piece that has its own memory", () => {
  const piece = Buffer.from(new ArrayBuffer(8));
  freeMemory(piece);
  expect(piece).toHaveLength(0);
});

test("does not free memory that a piece shares with others", () => {
  const memory = new ArrayBuffer(8);
  freeMemory(Buffer.from(memory, 0, 4));
  freeMemory(new Uint8Array(new SharedArrayBuffer(8)));
  expect(memory.byteLength).toBe(8);
});
