import { varint } from "./varint.ts";

/** The maximum size of a block, so that 16-bit offsets reach all of it. */
export const MAX_IN_BLOCK = 2 ** 16;

const TABLE_BITS = 14;
const MULTIPLIER = 0x1e35a7bd;
/** The maximum length of a copy; a copy of up to 11 bytes at a short distance is encoded in one byte less. */
const MAX_COPY_LENGTH = 64;
const MAX_NEAR_COPY_LENGTH = 11;
const NEAR = 2_048;

/**
 * Compresses a block in Google's Snappy format: its length, then literals, and copies of earlier bytes of the block.
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function snappyOf(block: Buffer): Buffer {
  const { length } = block;
  const out = Buffer.allocUnsafe(32 + length + Math.ceil(length / 6));
  let end = varint(length).copy(out);
  const table = new Uint16Array(2 ** TABLE_BITS);
  const placeOf = (at: number) =>
    Math.imul(block.readUInt32LE(at), MULTIPLIER) >>> (Uint32Array.BYTES_PER_ELEMENT * 8 - TABLE_BITS);
  let written = 0;
  for (let at = 1, misses = 32; at + 4 <= length; ) {
    const place = placeOf(at);
    const from = table[place]!;
    table[place] = at;
    if (from >= at || block.readUInt32LE(from) !== block.readUInt32LE(at)) {
      // In incompressible data, the search skips more and more bytes.
      at += misses++ >> 5;
      continue;
    }
    misses = 32;
    let to = at + 4;
    while (to < length && block[to] === block[from + to - at]) to++;
    end = literal(out, end, block, written, at);
    end = copy(out, end, at - from, to - at);
    written = at = to;
  }
  return out.subarray(0, literal(out, end, block, written, length));
}

function literal(out: Buffer, at: number, block: Buffer, from: number, to: number): number {
  if (from === to) return at;
  const most = to - from - 1;
  let end = at;
  if (most < 60) out[end++] = most << 2;
  else if (most < 2 ** 8) {
    out[end++] = 60 << 2;
    out[end++] = most;
  } else {
    out[end++] = 61 << 2;
    end = out.writeUInt16LE(most, end);
  }
  return end + block.copy(out, end, from, to);
}

function copy(out: Buffer, at: number, offset: number, length: number): number {
  let end = at;
  for (let left = length; left > 0; ) {
    // Never leaves a rest of fewer than four bytes.
    const some =
      left > MAX_COPY_LENGTH && left < MAX_COPY_LENGTH + 4
        ? MAX_COPY_LENGTH - 4
        : Math.min(left, MAX_COPY_LENGTH);
    if (some <= MAX_NEAR_COPY_LENGTH && offset < NEAR) {
      out[end++] = 1 | ((some - 4) << 2) | ((offset >> 8) << 5);
      out[end++] = offset & 0xff;
    } else {
      out[end++] = 2 | ((some - 1) << 2);
      end = out.writeUInt16LE(offset, end);
    }
    left -= some;
  }
  return end;
}
