import { keyLeadsOut, keyTooLong } from "../errors.ts";

const MAX_BYTES = 1_024;

/**
 * The key that a path names. To S3 keys are bytes, and neither `..` nor `//` means anything in them; but none may lead
 * out of the bucket.
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

/** Whether somewhere, read from the left, there are more steps up than down. */
function leadsOut(key: string): boolean {
  let depth = 0;
  for (const segment of key.split("/")) {
    depth += segment === ".." ? -1 : segment === "." ? 0 : 1;
    if (depth < 0) return true;
  }
  return false;
}
