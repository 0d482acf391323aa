import { hash } from "node:crypto";
import type { Span } from "../store.ts";

/** The number of bytes under each leaf of the tree. */
export const MIB = 1_048_576;
const HASH_BYTES = 32;

/**
 * Returns the root of the tree over concatenated hashes. A hash without a sibling moves up a level unchanged.
 */
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

/** Whether a range of bytes is a node in the tree over `size` bytes. */
export function isTreeHashAligned({ start, end }: Span, size: number): boolean {
  if (!isMegabyteAligned({ start, end }, size)) return false;
  const [first, behind, all] = [start / MIB, Math.ceil(end / MIB), Math.ceil(size / MIB)];
  for (let width = 1; first % width === 0; width *= 2) {
    if (behind === Math.min(first + width, all)) return true;
    if (first + width >= all) return false;
  }
  return false;
}

/** Whether a range starts at a multiple of 1 MiB, and ends at one or at the end of the archive. */
export function isMegabyteAligned({ start, end }: Span, size: number): boolean {
  return start % MIB === 0 && (end % MIB === 0 || end === size);
}

/** Returns the leaves of a range within a piece. */
export function leavesWithin(all: Uint8Array, { start, end }: Span): Uint8Array {
  return all.subarray((start / MIB) * HASH_BYTES, Math.ceil(end / MIB) * HASH_BYTES);
}
