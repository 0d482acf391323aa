declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    /** A value that `stringify` prints as it stands. */
    rawJSON(text: string): object;
  }
}

/**
 * JSON to be printed again with every number as it was written: JavaScript has no 12345678901234567890, and no 1.0 that is
 * not 1. Such numbers are not for reckoning with.
 */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_name, value, { source }) =>
    typeof value === "number" && source !== String(value) ? JSON.rawJSON(source!) : value,
  );
