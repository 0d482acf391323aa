import type { Random } from "#lib/random.ts";

/** The number of random bytes; with the eight bytes of the order they make 128 characters of base64. */
const RANDOM_BYTES = 88;

/**
 * Returns the id of an upload: 128 characters, like those of S3. It ends with the upload's order XORed with
 * the first random bytes, so that it locates the upload's row but reveals nothing.
 */
export function uploadIdOf(order: number, random: Random): string {
  const id = Buffer.concat([random.bytes(RANDOM_BYTES), Buffer.alloc(8)]);
  id.writeBigUInt64BE(BigInt(order) ^ id.readBigUInt64BE(0), RANDOM_BYTES);
  return id.toString("base64url").replaceAll("-", ".");
}

/** Returns the order within an upload id; `undefined` if the id is malformed. The upload need not exist. */
export function orderOfUpload(uploadId: string): number | undefined {
  if (!/^[\w.]{128}$/.test(uploadId)) return undefined;
  const id = Buffer.from(uploadId.replaceAll(".", "-"), "base64url");
  const order = Number(id.readBigUInt64BE(RANDOM_BYTES) ^ id.readBigUInt64BE(0));
  return Number.isSafeInteger(order) ? order : undefined;
}
