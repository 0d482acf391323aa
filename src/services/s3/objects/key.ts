import { leadsOut, MAX_KEY_BYTES } from "#aws/object-key.ts";
import { keyLeadsOut, keyTooLong } from "../errors.ts";

/**
 * Checks the key of an object. S3 treats keys as bytes: `..` and `//` have no meaning, but a key whose `..` segments
 * lead out of the bucket is refused.
 * @throws {AwsError} KeyTooLongError, BadRequest
 */
export function checkKey(key: string): void {
  checkKeyLength(key);
  if (leadsOut(key)) throw keyLeadsOut();
}

/** @throws {AwsError} KeyTooLongError */
export function checkKeyLength(key: string): void {
  if (key.length * 3 <= MAX_KEY_BYTES) return;
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) throw keyTooLong(size);
}
