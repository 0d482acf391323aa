import { hash } from "node:crypto";
import type { Span } from "./store.ts";

/** Bytes under a leaf of the tree. */
export const MIB = 1_048_576;
const HASH_BYTES = 32;

/** The root over hashes, one after another. One without a neighbour goes up as it is. */
export function treeHash(hashes: Uint8Array): Uint8Array {
  let level = hashes;
  while (level.length > HASH_BYTES) {
    const above = Buffer.allocUnsafe(Math.ceil(level.length / (2 * HASH_BYTES)) * HASH_BYTES);
    for (let at = 0, to = 0; at < level.length; at += 2 * HASH_BYTES, to += HASH_BYTES) {
      const pair = level.subarray(at, at + 2 * HASH_BYTES);
      above.set(pair.length === HASH_BYTES ? pair : hash("sha256", pair, "buffer"), to);
    }
    level = above;
  }
  return level;
}

/** Whether a range of bytes is a node in the tree over so many bytes. */
export function isTreeHashAligned({ start, end }: Span, size: number): boolean {
  if (!isMegabyteAligned({ start, end }, size)) return false;
  const [first, behind, all] = [start / MIB, Math.ceil(end / MIB), Math.ceil(size / MIB)];
  for (let width = 1; first % width === 0; width *= 2) {
    if (behind === Math.min(first + width, all)) return true;
    if (first + width >= all) return false;
  }
  return false;
}

/** Whether a range begins at a megabyte, and ends at one or at the end. */
export function isMegabyteAligned({ start, end }: Span, size: number): boolean {
  return start % MIB === 0 && (end % MIB === 0 || end === size);
}

/** The leaves of a range of a piece. */
export function leavesWithin(all: Uint8Array, { start, end }: Span): Uint8Array {
  return all.subarray((start / MIB) * HASH_BYTES, Math.ceil(end / MIB) * HASH_BYTES);
}
