/** Decodes percent-encoding; returns `undefined` for an incomplete escape or invalid UTF-8. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
