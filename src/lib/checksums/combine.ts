/**
 * Computes the CRC of two concatenated byte sequences from the CRC of each, as needed for S3's full-object
 * checksums of multipart uploads.
 *
 * A CRC is a remainder of polynomials over GF(2). Appending n bytes multiplies the earlier remainder by
 * x^(8n) and adds that of the later bytes, so combining costs one multiplication once that power is known.
 * Polynomials are "reflected" here, as in the CRCs themselves: the highest bit is the coefficient of x^0.
 */
export type CombinableName = "crc32" | "crc32c" | "crc64nvme";

interface Field {
  bytes: number;
  polynomial: bigint;
  /** x^(2^n) for each n used so far. */
  squares: bigint[];
  /** The most recent power: all parts of an upload except the last have the same length. */
  last: { length: number; power: bigint };
}

const fields: Record<CombinableName, Field> = {
  crc32: field(4, 0xedb88320n),
  crc32c: field(4, 0x82f63b78n),
  crc64nvme: field(8, 0x9a6c9329ac4bc9b5n),
};

/** Whether checksums of this kind can be combined: only CRCs can. */
export const isCombinable = (name: string): name is CombinableName => Object.hasOwn(fields, name);

/**
 * The CRC of A followed by B, given the CRCs of A and B (in the format of `digest`) and B's length in bytes.
 */
export function combine(name: CombinableName, a: Uint8Array, b: Uint8Array, lengthB: number): Uint8Array {
  const { bytes } = fields[name];
  const sum = multiply(number(a), powerOf(fields[name], lengthB), fields[name]) ^ number(b);
  return Buffer.from(sum.toString(16).padStart(bytes * 2, "0"), "hex");
}

function field(bytes: number, polynomial: bigint): Field {
  const one = 1n << BigInt(bytes * 8 - 1);
  return { bytes, polynomial, squares: [one >> 1n], last: { length: 0, power: one } };
}

/** x^(8 * length), as the product of the squares selected by the exponent's bits. */
function powerOf(field: Field, length: number): bigint {
  if (field.last.length === length) return field.last.power;
  let power = 1n << BigInt(field.bytes * 8 - 1);
  let exponent = BigInt(length) * 8n;
  for (let n = 0; exponent > 0n; n++, exponent >>= 1n) {
    const square = (field.squares[n] ??= multiply(field.squares[n - 1]!, field.squares[n - 1]!, field));
    if (exponent & 1n) power = multiply(power, square, field);
  }
  field.last = { length, power };
  return power;
}

function multiply(a: bigint, b: bigint, { bytes, polynomial }: Field): bigint {
  let product = 0n;
  for (let bit = 1n << BigInt(bytes * 8 - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
