import { invalidArgument } from "../errors.ts";
import { formEncodedKey } from "../key-encoding.ts";

/** Most entries of a page, whatever is asked for. */
const MAX_ENTRIES = 1_000;

/**
 * How many entries a client wants.
 * @throws {AwsError} InvalidArgument for a negative number
 */
export function requestedEntries(requested: number | undefined, argument: string): number {
  if (requested === undefined) return MAX_ENTRIES;
  if (requested < 0) {
    const message = `Argument ${argument} must be an integer between 0 and 2147483647`;
    throw invalidArgument(message, argument, String(requested));
  }
  return requested;
}

/** How many of them a page has. */
export const entriesOf = (requested: number) => Math.min(requested, MAX_ENTRIES);

export type Encode = (text: string) => string;

/**
 * How keys are encoded in answers. S3 takes the word in any case.
 * @throws {AwsError} InvalidArgument for any encoding but `url`
 */
export function keyEncoding(type: string | undefined): Encode {
  if (type === undefined) return (text) => text;
  if (type.toLowerCase() !== "url") {
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", type);
  }
  return formEncodedKey;
}
