import { invalidArgument } from "../errors.ts";
import { formEncodedKey } from "../key-encoding.ts";

/** The maximum number of entries in a page. */
const MAX_ENTRIES = 1_000;

/**
 * Returns the number of entries that a client requests.
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

/** Returns the maximum number of entries in the page. */
export const entriesOf = (requested: number) => Math.min(requested, MAX_ENTRIES);

export type Encode = (text: string) => string;

/**
 * Returns the function that encodes keys in the response. The encoding's name is case-insensitive.
 * @throws {AwsError} InvalidArgument for any encoding other than `url`
 */
export function keyEncoding(type: string | undefined): Encode {
  if (type === undefined) return (text) => text;
  if (type.toLowerCase() !== "url") {
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", type);
  }
  return formEncodedKey;
}
