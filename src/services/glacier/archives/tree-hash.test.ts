import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { archiveOf, treeHashOfBytes } from "../testing.ts";
import { isMegabyteAligned, isTreeHashAligned, MIB } from "./tree-hash.ts";

/**
 * Computes the tree hash by its definition: the left subtree has the largest possible power of two of leaves.
 */
function root(bytes: Uint8Array): string {
  const leaves = Math.ceil(bytes.length / MIB);
  if (leaves <= 1) return hash("sha256", bytes, "hex");
  const left = 2 ** Math.ceil(Math.log2(leaves) - 1) * MIB;
  const below = root(bytes.subarray(0, left)) + root(bytes.subarray(left));
  return hash("sha256", Buffer.from(below, "hex"), "hex");
}

test.each([1, MIB, MIB + 1, 2 * MIB, 3 * MIB, 6.5 * MIB, 7 * MIB])(
  "the tree hash of %i bytes is correct",
  (size) => {
    const bytes = archiveOf(size);
    expect(treeHashOfBytes(bytes)).toBe(root(bytes));
  },
);

describe("isTreeNode", () => {
  const size = 6.5 * MIB;
  const bytes = archiveOf(size);
  const nodes = new Set<string>();
  const collect = (start: number, end: number) => {
    nodes.add(`${start}-${end}`);
    const leaves = Math.ceil((end - start) / MIB);
    if (leaves <= 1) return;
    const left = start + 2 ** Math.ceil(Math.log2(leaves) - 1) * MIB;
    collect(start, left);
    collect(left, end);
  };
  collect(0, size);

  test("is true for nodes of the tree and no other range", () => {
    for (let first = 0; first < 7; first++) {
      for (let behind = first + 1; behind <= 7; behind++) {
        const span = { start: first * MIB, end: Math.min(behind * MIB, size) };
        expect([span, isTreeHashAligned(span, size)]).toEqual([span, nodes.has(`${span.start}-${span.end}`)]);
      }
    }
    expect(isTreeHashAligned({ start: 0, end: 4 * MIB }, bytes.length)).toBe(true);
    expect(isTreeHashAligned({ start: MIB, end: 3 * MIB }, bytes.length)).toBe(false);
  });

  test("is true only for ranges aligned to megabytes", () => {
    expect(isMegabyteAligned({ start: 0, end: MIB }, size)).toBe(true);
    expect(isMegabyteAligned({ start: MIB, end: size }, size)).toBe(true);
    expect(isMegabyteAligned({ start: 1, end: MIB }, size)).toBe(false);
    expect(isTreeHashAligned({ start: 0, end: MIB - 1 }, size)).toBe(false);
  });
});
