import { varint } from "#lib/varint.ts";

/** Writes Protocol Buffers, which ORC uses for its footers. https://protobuf.dev/programming-guides/encoding/ */
const [VARINT, BYTES] = [0, 2];

/** A number, a text, or a message in bytes; a list is a repeated field. */
type FieldValue = number | string | Uint8Array | readonly FieldValue[];

/** @param fields by their numbers */
export function message(fields: Readonly<Record<number, FieldValue>>): Buffer {
  return Buffer.concat(Object.entries(fields).map(([id, value]) => field(Number(id), value)));
}

/** Encodes numbers as one field, as ORC wants it of lists of numbers. */
export const packed = (values: readonly number[]): Buffer => Buffer.concat(values.map(varint));

function field(id: number, value: FieldValue): Buffer {
  if (typeof value === "number") return Buffer.concat([varint(id * 8 + VARINT), varint(value)]);
  if (typeof value !== "string" && !(value instanceof Uint8Array))
    return Buffer.concat(value.map((one) => field(id, one)));
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(id * 8 + BYTES), varint(bytes.length), bytes]);
}
