/**
 * A value from a client's JSON, for an error message. `String` would throw for an object with a `toString` member of its
 * own, and print any other as `[object Object]`.
 */
export const jsonText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
