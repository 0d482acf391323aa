declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    /** Returns a value that `stringify` prints unchanged. */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/**
 * Parses JSON that is to be printed again with every number as it was written: JavaScript can represent
 * neither 12345678901234567890 nor the difference between 1.0 and 1. Such numbers cannot be used for
 * calculations.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // A reviver is slow, and most texts need none.
  if (!hasInexactNumber(text)) return value;
  return JSON.parse(text, (_name, value, { source }) =>
    typeof value === "number" && source !== String(value) ? JSON.rawJSON(source!) : value,
  );
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Whether valid JSON has a number that JavaScript would print differently. */
export function hasInexactNumber(text: string): boolean {
  for (const [token] of text.matchAll(STRING_OR_NUMBER))
    if (!token.startsWith('"') && String(Number(token)) !== token) return true;
  return false;
}
