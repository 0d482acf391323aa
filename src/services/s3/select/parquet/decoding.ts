import { AwsError } from "#aws/errors.ts";
import { malformedParquet } from "../errors.ts";

/**
 * What a file holds is anyone's, and a reader stumbles over it in many ways.
 * @throws {AwsError} ParquetParsingError, or what the reader says itself
 */
export function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof AwsError ? cause : malformedParquet();
  }
}
