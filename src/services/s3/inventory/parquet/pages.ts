import { MAX_IN_BLOCK, snappyOf } from "#lib/snappy.ts";
import { varint } from "#lib/varint.ts";
import type { FieldType } from "../fields.ts";
import { i32, struct } from "./thrift.ts";

type Value = string | boolean | number | undefined;

const DATA_PAGE = 0;
const PLAIN = 0;
const RLE = 3;
/** A page is compressed as one block; with its levels, which take two bytes per row at most, it must fit into it. */
const MAX_ROWS = 2 ** 13;
const MAX_VALUE_BYTES = MAX_IN_BLOCK - 2 * MAX_ROWS - Uint32Array.BYTES_PER_ELEMENT;

export interface Page {
  bytes: Buffer;
  /** The size that the page would have without compression. */
  uncompressed: number;
}

/** Writes the values of a column as pages, each in a turn of the event loop. */
export async function pagesOf(
  type: FieldType,
  isRequired: boolean,
  values: readonly Value[],
): Promise<Page[]> {
  const found: Page[] = [];
  let from = 0;
  let size = 0;
  const finish = async (to: number) => {
    if (to > from) found.push(pageOf(type, isRequired, values.slice(from, to)));
    from = to;
    size = 0;
    await new Promise(setImmediate);
  };
  for (const [at, value] of values.entries()) {
    const added = sizeOf(value);
    if (at - from === MAX_ROWS || size + added > MAX_VALUE_BYTES) await finish(at);
    size += added;
  }
  await finish(values.length);
  return found;
}

const sizeOf = (value: Value): number =>
  typeof value === "string" ? Uint32Array.BYTES_PER_ELEMENT + Buffer.byteLength(value) : 8;

function pageOf(type: FieldType, isRequired: boolean, values: readonly Value[]): Page {
  const present = values.filter((value) => value !== undefined);
  const levels = isRequired ? [] : [sized(levelsOf(values))];
  const data = Buffer.concat([...levels, plain(type, present)]);
  const stored = snappyOf(data);
  const header = struct({
    1: i32(DATA_PAGE),
    2: i32(data.length),
    3: i32(stored.length),
    5: struct({ 1: i32(values.length), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) }),
  }).bytes;
  return { bytes: Buffer.concat([header, stored]), uncompressed: header.length + data.length };
}

/** Writes which values are present, as runs: the length, and 1 for present or 0 for absent. */
function levelsOf(values: readonly Value[]): Buffer {
  const runs: Buffer[] = [];
  for (let at = 0; at < values.length; ) {
    const isAbsent = values[at] === undefined;
    const from = at;
    while (at < values.length && (values[at] === undefined) === isAbsent) at++;
    runs.push(varint((at - from) * 2), Buffer.of(isAbsent ? 0 : 1));
  }
  return Buffer.concat(runs);
}

function plain(type: FieldType, values: readonly Value[]): Buffer {
  if (type === "string") return Buffer.concat(values.map((value) => sized(Buffer.from(value as string))));
  if (type === "boolean") {
    const bits = Buffer.alloc(Math.ceil(values.length / 8));
    for (const [at, value] of values.entries()) if (value) bits[at >> 3]! |= 1 << (at & 7);
    return bits;
  }
  const numbers = Buffer.alloc(values.length * 8);
  for (const [at, value] of values.entries()) numbers.writeBigInt64LE(BigInt(value as number), at * 8);
  return numbers;
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}
