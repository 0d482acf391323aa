import { keyTooLong } from "../errors.ts";

const MOST_BYTES = 1_024;

/** Keys are bytes to S3: neither `..` nor `//` means anything in them. @throws {AwsError} KeyTooLongError */
export function checkKey(key: string): void {
  if (key.length * 3 <= MOST_BYTES) return;
  const size = Buffer.byteLength(key);
  if (size > MOST_BYTES) throw keyTooLong(size);
}
