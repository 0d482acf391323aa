import { AwsError } from "../errors.ts";

/**
 * Thrown by the parsers (JSON, XML, CBOR, forms, headers) for malformed bytes, with the reason; the protocol adds the code
 * that AWS has for it.
 */
export class Malformed extends Error {
  override name = "Malformed";
}

/** Nesting beyond this is refused everywhere: before a recursion could exhaust the stack, and above DynamoDB's 32 levels. */
export const maxDepth = 128;

/** Runs a decoder, and turns `Malformed` into an error with the protocol's own code. */
export function decoding<T>(code: string, decode: () => T, sentence?: string): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Malformed) throw new AwsError(code, sentence ?? error.message, { cause: error });
    throw error;
  }
}

/** Sets an own property whatever its name: an assignment to `__proto__` would change the prototype instead. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
