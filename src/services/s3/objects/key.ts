import { keyLeadsOut, keyTooLong } from "../errors.ts";

const MAX_BYTES = 1_024;

/**
 * Checks the key of an object. S3 treats keys as bytes: `..` and `//` have no meaning, but a key whose `..`
 * segments lead out of the bucket is refused.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 * @throws {AwsError} KeyTooLongError, BadRequest
 */
export function checkKey(key: string): void {
  checkKeyLength(key);
  if (key.includes("..") && leadsOut(key)) throw keyLeadsOut();
}

/** @throws {AwsError} KeyTooLongError */
export function checkKeyLength(key: string): void {
  if (key.length * 3 <= MAX_BYTES) return;
  const size = Buffer.byteLength(key);
  if (size > MAX_BYTES) throw keyTooLong(size);
}

/** Whether any prefix of the key has more `..` segments than others. */
function leadsOut(key: string): boolean {
  let depth = 0;
  for (const segment of key.split("/")) {
    depth += segment === ".." ? -1 : segment === "." ? 0 : 1;
    if (depth < 0) return true;
  }
  return false;
}
