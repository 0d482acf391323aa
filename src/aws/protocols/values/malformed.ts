import { AwsError } from "../../errors.ts";

/**
 * Thrown by the parsers (JSON, XML, CBOR, forms, headers) for malformed input, with the reason; the protocol
 * adds AWS's error code.
 */
export class Malformed extends Error {
  override name = "Malformed";
}

/** The maximum nesting depth in all protocols: low enough for recursion, and above DynamoDB's 32 levels. */
export const maxDepth = 128;

/** Runs a decoder, and converts `Malformed` to an error with the protocol's own code. */
export function decoding<T>(code: string, decode: () => T, sentence?: string): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Malformed) throw new AwsError(code, sentence ?? error.message, { cause: error });
    throw error;
  }
}

/** Sets an own property of any name: a plain assignment to `__proto__` would change the prototype instead. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
