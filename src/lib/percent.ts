/** Like `percentDecoded`, but `+` is a space, as in forms. */
export const formDecoded = (text: string): string | undefined => percentDecoded(text.replaceAll("+", " "));

/** Decodes percent-encoding; returns `undefined` for an incomplete escape or invalid UTF-8. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
