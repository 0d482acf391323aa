import { AwsError } from "../errors.ts";

/**
 * What the mechanics (JSON, XML, CBOR, forms, headers) throw when bytes make no sense. They know the reason; only the
 * protocol knows the code that AWS gives it.
 */
export class Malformed extends Error {
  override name = "Malformed";
}

/** Nesting beyond this is refused everywhere: before a recursion could exhaust the stack, and above DynamoDB's 32 levels. */
export const maxDepth = 128;

/** Runs a decoder, and tells what is malformed with a protocol's own code. */
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
