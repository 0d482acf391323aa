/**
 * Formats a value from a client's JSON for an error message. `String` would throw for an object with its own
 * `toString` member, and print any other object as `[object Object]`.
 */
export const jsonText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
