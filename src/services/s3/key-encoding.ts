/**
 * Encodes a key for listings and events, like Java's URLEncoder but without encoding slashes: a space becomes
 * `+`, `*` is kept, `~` is encoded.
 */
export function formEncodedKey(key: string): string {
  if (/^[\w.*/-]*$/.test(key)) return key;
  return pathEncodedKey(key)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Encodes a key for the path of a URL, without encoding slashes. */
export const pathEncodedKey = (key: string): string =>
  encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/");
