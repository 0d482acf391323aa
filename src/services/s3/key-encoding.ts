/**
 * A key as listings and events have it, encoded as Java's URLEncoder does, except that slashes stay: a space is `+`, `*`
 * stays and `~` does not.
 */
export function formEncodedKey(key: string): string {
  if (/^[\w.*/-]*$/.test(key)) return key;
  return pathEncodedKey(key)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A key as the path of a URL: its slashes stay. */
export const pathEncodedKey = (key: string): string =>
  encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/");
