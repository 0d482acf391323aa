/**
 * A value from somebody's JSON, for a sentence that tells of it. `String` fails on an object that says itself what its
 * `toString` is, and of any other it says only that it is one.
 */
export const jsonText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
