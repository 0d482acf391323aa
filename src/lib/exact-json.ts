declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    /** Returns a value that `stringify` prints unchanged. */
    rawJSON(text: string): object;
  }
}

/**
 * Parses JSON that is to be printed again with every number as it was written: JavaScript can represent
 * neither 12345678901234567890 nor the difference between 1.0 and 1. Such numbers cannot be used for
 * calculations.
 */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_name, value, { source }) =>
    typeof value === "number" && source !== String(value) ? JSON.rawJSON(source!) : value,
  );
