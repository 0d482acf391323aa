import { AwsError } from "#aws/errors.ts";
import { malformedParquet } from "../errors.ts";

/**
 * Runs a decoder and converts its errors, since a malformed file can make it fail in many ways.
 * @throws {AwsError} ParquetParsingError, or the AwsError that the decoder throws
 */
export function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof AwsError ? cause : malformedParquet();
  }
}
