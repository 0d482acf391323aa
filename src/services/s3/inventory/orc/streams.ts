import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { varint, zigzag } from "#lib/varint.ts";
import type { FieldType } from "../fields.ts";

type Value = string | boolean | number | undefined;

/** The maximum size of compressed pieces, which the end of the file states. */
export const MAX_PIECE = 2 ** 16;
/** Lists of literals in a run-length encoding, which the compression shortens anyway. */
const MAX_LITERALS = 128;
/** ORC counts time from the beginning of 2015, in seconds. */
const ORC_EPOCH_MS = Date.UTC(2015, 0);
/** Parts of a second are in nanoseconds, without the zeros at their end. */
const ZEROS_OF_MS = 6;

const deflated = promisify(deflateRaw);

const [PRESENT, DATA, LENGTH, SECONDARY] = [0, 1, 2, 5];

export interface Stream {
  kind: number;
  bytes: Buffer;
}

/** Writes the values of a column as streams: which are present, and these. */
export async function streamsOf(type: FieldType, values: readonly Value[]): Promise<Stream[]> {
  const present = values.filter((value) => value !== undefined);
  const streams =
    present.length === values.length
      ? []
      : [{ kind: PRESENT, bytes: bits(values.map((value) => value !== undefined)) }];
  const plain = [...streams, ...dataOf(type, present)];
  return Promise.all(plain.map(async ({ kind, bytes }) => ({ kind, bytes: await compressed(bytes) })));
}

function dataOf(type: FieldType, values: readonly Value[]): Stream[] {
  switch (type) {
    case "boolean":
      return [{ kind: DATA, bytes: bits(values as boolean[]) }];
    case "integer":
      return [{ kind: DATA, bytes: literals((values as number[]).map(zigzag)) }];
    case "time": {
      const times = (values as number[]).map((time) => time - ORC_EPOCH_MS);
      return [
        { kind: DATA, bytes: literals(times.map((time) => zigzag(Math.floor(time / 1_000)))) },
        { kind: SECONDARY, bytes: literals(times.map((time) => varint(nanoseconds(time)))) },
      ];
    }
    case "string": {
      const texts = (values as string[]).map((value) => Buffer.from(value));
      return [
        { kind: DATA, bytes: Buffer.concat(texts) },
        { kind: LENGTH, bytes: literals(texts.map(({ length }) => varint(length))) },
      ];
    }
  }
}

/** The last three bits state the number of zeros that were removed, less one. */
function nanoseconds(time: number): number {
  const milliseconds = ((time % 1_000) + 1_000) % 1_000;
  return milliseconds === 0 ? 0 : milliseconds * 8 + (ZEROS_OF_MS - 1);
}

function bits(flags: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(flags.length / 8));
  for (const [at, flag] of flags.entries()) if (flag) bytes[at >> 3]! |= 0x80 >> (at & 7);
  return literals(Array.from(bytes, (byte) => Buffer.of(byte)));
}

/** Writes encoded values in lists, each after its length as a negative number. */
function literals(values: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < values.length; at += MAX_LITERALS) {
    const some = values.slice(at, at + MAX_LITERALS);
    pieces.push(Buffer.of(0x100 - some.length), ...some);
  }
  return Buffer.concat(pieces);
}

/** Compresses bytes in pieces, each after its length and whether it is stored as it was. */
export async function compressed(bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MAX_PIECE) {
    const plain = bytes.subarray(at, at + MAX_PIECE);
    const shorter = await deflated(plain);
    const isOriginal = shorter.length >= plain.length;
    const stored = isOriginal ? plain : shorter;
    const head = Buffer.alloc(3);
    head.writeUIntLE(stored.length * 2 + (isOriginal ? 1 : 0), 0, 3);
    pieces.push(head, stored);
  }
  return Buffer.concat(pieces);
}
