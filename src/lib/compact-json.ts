const STRING_OR_SPACE = /"(?:[^"\\]|\\.)*"|\s+/g;

/** Removes the whitespace between the tokens of a valid JSON text, and changes nothing else. */
export const compactJson = (text: string): string =>
  text.replace(STRING_OR_SPACE, (token) => (token.startsWith('"') ? token : ""));
