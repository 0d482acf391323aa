/**
 * Signature Version 4A: the texts of Version 4, signed with a key of the curve P-256 that both sides derive from the
 * secret. Its scope names no Region; `X-Amz-Region-Set` tells for which ones it is meant: `us-east-1,eu-*`.
 */
import { createECDH, createPublicKey, type KeyObject, verify } from "node:crypto";
import { memoizeByText } from "#lib/memoize.ts";
import { hmac, hmacKey } from "./hmac.ts";

export const ASYMMETRIC = "AWS4-ECDSA-P256-SHA256";

/** Of the curve's group. A private key is at least one and less than it. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** That many tries fail about never: each does by one chance in 2^32. */
const MAX_TRIES = 254;
const MAX_KEYS = 1_000;

/** The public half of what a client signs with. */
export function publicKey(accessKeyId: string, secret: string): KeyObject {
  // No id has a slash: they part a credential.
  return keys(`${accessKeyId}/${secret}`);
}

const keys = memoizeByText(MAX_KEYS, (both) => {
  const slash = both.indexOf("/");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(privateKey(both.slice(0, slash), both.slice(slash + 1)), "hex");
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
});

/** NIST SP 800-108 in counter mode, once over; the id and a counter of tries are its context. In hex. */
function privateKey(accessKeyId: string, secret: string): string {
  const key = hmacKey("sha256", `AWS4A${secret}`);
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const context = `${accessKeyId}${String.fromCharCode(attempt)}`;
    const candidate = BigInt(`0x${hmac(key, `\0\0\0\x01${ASYMMETRIC}\0${context}\0\0\x01\0`, "hex")}`);
    if (candidate <= ORDER - 2n) return (candidate + 1n).toString(16).padStart(64, "0");
  }
  throw new Error("no key could be derived");
}

/** @param signature DER, in hex */
export function isSignedBy(key: KeyObject, text: string, signature: string): boolean {
  if (!/^(?:[0-9a-f]{2}){8,72}$/.test(signature)) return false;
  return verify("sha256", Buffer.from(text, "latin1"), key, Buffer.from(signature, "hex"));
}

/** Chunks have signatures of one length, whatever that of the DER. */
export const withoutPadding = (signature: string) => signature.replace(/\*+$/, "");

/** Where a request acts: in `home` if the set has it, else in the first Region that it names; if none, in what is none. */
export function regionOf(set: string, home: string): string {
  const names = set.split(",").map((name) => name.trim());
  const hasHome = names.some((name) =>
    name.endsWith("*") ? home.startsWith(name.slice(0, -1)) : name === home,
  );
  return hasHome ? home : (names.find((name) => name !== "" && !name.includes("*")) ?? set);
}
