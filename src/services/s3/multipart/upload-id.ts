import type { Random } from "#lib/random.ts";

/** With the eight bytes of the order they make 128 characters of base64. */
const CHANCE_BYTES = 88;

/**
 * An upload's id: 128 characters, as S3's. It ends in the upload's order, XORed with the first random bytes, so that it
 * leads straight to its row and tells nothing else.
 */
export function uploadIdOf(order: number, random: Random): string {
  const id = Buffer.concat([random.bytes(CHANCE_BYTES), Buffer.alloc(8)]);
  id.writeBigUInt64BE(BigInt(order) ^ id.readBigUInt64BE(0), CHANCE_BYTES);
  return id.toString("base64url").replaceAll("-", ".");
}

/** `undefined` for what cannot be an upload's id. One that was never given out has an order all the same. */
export function orderOfUpload(uploadId: string): number | undefined {
  if (!/^[\w.]{128}$/.test(uploadId)) return undefined;
  const id = Buffer.from(uploadId.replaceAll(".", "-"), "base64url");
  const order = Number(id.readBigUInt64BE(CHANCE_BYTES) ^ id.readBigUInt64BE(0));
  return Number.isSafeInteger(order) ? order : undefined;
}
