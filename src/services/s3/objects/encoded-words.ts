/**
 * MIME encoded words. User metadata may contain any characters but headers may not, so S3 writes non-ASCII
 * values as encoded words and decodes those that it receives.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html, RFC 2047
 */
const WORD = /=\?utf-8\?([bq])\?([^?\s]*)\?=/gi;

/** The characters that a header cannot carry: control characters and non-ASCII characters. */
const UNSAFE = /[^\t\x20-\x7e]/g;

/** Decodes the encoded words in a header. */
export function decodeWords(header: string): string {
  if (!header.includes("=?")) return header;
  return header.replace(WORD, (_, encoding: string, text: string) =>
    encoding.toLowerCase() === "b" ? Buffer.from(text, "base64").toString() : quotedPrintable(text),
  );
}

/**
 * Encodes a text for a header: as quoted-printable if it is mostly ASCII, else as base64, which is shorter.
 */
export function encodeWords(text: string): string {
  const unsafe = text.match(UNSAFE)?.length ?? 0;
  if (unsafe === 0) return text;
  if (unsafe * 2 >= text.length) return `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
  return `=?UTF-8?Q?${[...Buffer.from(text)].map(quoted).join("")}?=`;
}

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

function quoted(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === " ") return "_";
  if (byte > 0x20 && byte < 0x7f && !"=?_".includes(character)) return character;
  return `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
