/**
 * Signature Version 4A: the texts of Version 4, signed with a P-256 key that both sides derive from the
 * secret. Its scope has no Region; `X-Amz-Region-Set` lists the Regions that it is valid for:
 * `us-east-1,eu-*`.
 */
import { createECDH, createPublicKey, type KeyObject, verify } from "node:crypto";
import { memoizeByText } from "#lib/memoize.ts";
import { hmac, hmacKey } from "./hmac.ts";

export const ASYMMETRIC = "AWS4-ECDSA-P256-SHA256";

/** The order of the curve's group. A private key is at least one and less than this. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** Each attempt fails with a probability of 2^-32, so this many are practically always enough. */
const MAX_TRIES = 254;
const MAX_KEYS = 1_000;

/** The public key that verifies a client's signatures. */
export function publicKey(accessKeyId: string, secret: string): KeyObject {
  // Access key ids contain no slash, which separates the parts of a credential.
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

/**
 * NIST SP 800-108 in counter mode with one iteration; the context is the id and a counter of attempts.
 * Returns hex.
 */
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

/** Chunk signatures are padded to a constant length; DER has none. */
export const withoutPadding = (signature: string) => signature.replace(/\*+$/, "");

/**
 * The Region that a request acts in: `home` if the set includes it, else the first Region that it names, else
 * the set itself, which is then not a valid Region.
 */
export function regionOf(set: string, home: string): string {
  const names = set.split(",").map((name) => name.trim());
  const hasHome = names.some((name) =>
    name.endsWith("*") ? home.startsWith(name.slice(0, -1)) : name === home,
  );
  return hasHome ? home : (names.find((name) => name !== "" && !name.includes("*")) ?? set);
}
