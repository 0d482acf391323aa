import { hash } from "node:crypto";

/**
 * HMAC as two one-shot hashes over prepared pads. `createHmac` creates a key object per call and costs two to
 * ten times as much for the short texts of signatures.
 */
export interface HmacKey {
  readonly algorithm: "sha256" | "sha1";
  readonly inner: Uint8Array;
  readonly outer: Uint8Array;
}

/** Both hashes have blocks of 64 bytes. */
const BLOCK = 64;

export function hmacKey(algorithm: HmacKey["algorithm"], secret: string | Uint8Array): HmacKey {
  const bytes = typeof secret === "string" ? Buffer.from(secret) : secret;
  const key = bytes.length > BLOCK ? hash(algorithm, bytes, "buffer") : bytes;
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = new Uint8Array(BLOCK).fill(0x5c);
  for (let i = 0; i < key.length; i++) {
    inner[i]! ^= key[i]!;
    outer[i]! ^= key[i]!;
  }
  return { algorithm, inner, outer };
}

/** Reused by every call, because hashing is synchronous. */
const innerText = Buffer.alloc(BLOCK + 1_024);
const outerText = Buffer.alloc(BLOCK + 32);

/** Text is Latin-1, one character per byte, like everything that is signed. */
export function hmac(key: HmacKey, text: string): Buffer;
export function hmac(key: HmacKey, text: string, encoding: "hex" | "base64"): string;
export function hmac(
  key: HmacKey,
  text: string,
  encoding: "buffer" | "hex" | "base64" = "buffer",
): Buffer | string {
  const end = BLOCK + text.length;
  const padded = end <= innerText.length ? innerText : Buffer.allocUnsafe(end);
  padded.set(key.inner);
  padded.write(text, BLOCK, "latin1");
  // A digest as a string costs half as much as one as a Buffer.
  const digest = hash(key.algorithm, padded.subarray(0, end), "latin1");
  outerText.set(key.outer);
  outerText.write(digest, BLOCK, "latin1");
  const outer = outerText.subarray(0, BLOCK + digest.length);
  return encoding === "buffer" ? hash(key.algorithm, outer, "buffer") : hash(key.algorithm, outer, encoding);
}

/** Compares two signatures in constant time. */
export function sameSignature(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}
