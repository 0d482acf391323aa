import { randomFillSync, randomUUID } from "node:crypto";

/** The source of randomness: ids, jitter, receipts. With a seed, a run is reproducible byte for byte. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number;
  /** From 0 (inclusive) to 1 (exclusive). */
  fraction(): number;
  /** `digits` characters of 0–9a–f. */
  hex(digits: number): string;
  /** Version 4 of RFC 9562. */
  uuid(): string;
  /** `length` characters of `alphabet`. */
  text(length: number, alphabet: string): string;
}

/** The alphabet of access key ids: base 32. */
export const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Without a seed, the operating system's randomness, fetched in blocks. */
export function random(seed?: number): Random {
  if (seed !== undefined) return fromWords(seededWords(seed));
  return { ...fromWords(systemWords()), uuid: () => randomUUID() };
}

function fromWords(word: () => number): Random {
  const bytes = (count: number) => {
    const out = Buffer.allocUnsafe(count);
    for (let i = 0; i < count; i += 4) {
      const value = word();
      for (let j = i; j < count && j < i + 4; j++) out[j] = value >>> ((j - i) * 8);
    }
    return out;
  };
  const fraction = () => word() / 2 ** 32;
  const below = (bound: number) => Math.floor(fraction() * bound);
  return {
    bytes,
    below,
    fraction,
    hex: (digits) =>
      bytes(Math.ceil(digits / 2))
        .toString("hex")
        .slice(0, digits),
    uuid() {
      const b = bytes(16);
      b[6] = (b[6]! & 0x0f) | 0x40;
      b[8] = (b[8]! & 0x3f) | 0x80;
      const h = b.toString("hex");
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
    },
    text: (length, alphabet) => Array.from({ length }, () => alphabet[below(alphabet.length)]).join(""),
  };
}

function systemWords(): () => number {
  const pool = new Uint32Array(1_024);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]!;
  };
}

/** sfc32, Chris Doty-Humphrey's small fast counting generator: passes PractRand, 128 bits of state. */
function seededWords(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
