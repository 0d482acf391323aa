/**
 * Metadata may have any characters, and headers may not. S3 writes what is not ASCII as "encoded words", and reads
 * them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html, RFC 2047
 */
const WORD = /=\?utf-8\?([bq])\?([^?\s]*)\?=/gi;

/** What a header cannot carry: control characters, and what is not ASCII. */
const FOREIGN = /[^\t\x20-\x7e]/g;

/** The text of a header. */
export function decodeWords(header: string): string {
  if (!header.includes("=?")) return header;
  return header.replace(WORD, (_, encoding: string, text: string) =>
    encoding.toLowerCase() === "b" ? Buffer.from(text, "base64").toString() : quotedPrintable(text),
  );
}

/** The header of a text: mostly ASCII stays readable, anything else becomes short. */
export function encodeWords(text: string): string {
  const foreign = text.match(FOREIGN)?.length ?? 0;
  if (foreign === 0) return text;
  if (foreign * 2 >= text.length) return `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
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
