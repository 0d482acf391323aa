import { AwsError } from "#aws/errors.ts";
import { malformedParquet } from "../errors.ts";

/**
 * A file may hold anything, and a reader can fail on it in many ways.
 * @throws {AwsError} ParquetParsingError, or what the reader says itself
 */
export function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof AwsError ? cause : malformedParquet();
  }
}
