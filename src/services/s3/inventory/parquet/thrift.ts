import { varint, zigzag } from "#lib/varint.ts";

/** Writes Thrift's compact protocol, which Parquet uses for its footer and page headers. */

/** A value with the number of its type. */
interface Thrift {
  type: number;
  bytes: Uint8Array;
}

const [TRUE, I32, I64, BINARY, LIST, STRUCT] = [1, 5, 6, 8, 9, 12];
/** In its header, a list states its length together with the type, unless it is longer than this. */
const MAX_SHORT_LENGTH = 14;

/** A flag is written in the header of its field. */
export const isTrue: Thrift = { type: TRUE, bytes: new Uint8Array() };

export const i32 = (value: number): Thrift => ({ type: I32, bytes: zigzag(value) });

export const i64 = (value: number): Thrift => ({ type: I64, bytes: zigzag(value) });

export function text(value: string): Thrift {
  const bytes = Buffer.from(value);
  return { type: BINARY, bytes: Buffer.concat([varint(bytes.length), bytes]) };
}

/** Returns a list. An empty one is a list of structs. */
export function list(members: readonly Thrift[]): Thrift {
  const { length } = members;
  const type = members[0]?.type ?? STRUCT;
  const head =
    length > MAX_SHORT_LENGTH ? [Buffer.of(0xf0 | type), varint(length)] : [Buffer.of((length << 4) | type)];
  return { type: LIST, bytes: Buffer.concat([...head, ...members.map(({ bytes }) => bytes)]) };
}

/** @param fields by their numbers, of which two in sequence may differ by 15 at most */
export function struct(fields: Readonly<Record<number, Thrift | undefined>>): Thrift {
  const pieces: Uint8Array[] = [];
  let last = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    const id = Number(key);
    pieces.push(Buffer.of(((id - last) << 4) | field.type), field.bytes);
    last = id;
  }
  return { type: STRUCT, bytes: Buffer.concat([...pieces, Buffer.of(0)]) };
}
