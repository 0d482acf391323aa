import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import * as errors from "./errors.ts";

/**
 * A customer-provided key (SSE-C), which every request contains and which is never stored.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
export interface CustomerKey {
  /** 32 bytes. */
  bytes: Uint8Array;
  /** Base64, returned in the response. */
  md5: string;
}

/** A salted hash that is stored to recognize the key. Both members are in base64. */
export interface KeyProof {
  salt: string;
  proof: string;
}

export interface CustomerKeyHeaders {
  SSECustomerAlgorithm?: string;
  SSECustomerKey?: string;
  SSECustomerKeyMD5?: string;
}

export interface CopySourceKeyHeaders {
  CopySourceSSECustomerAlgorithm?: string;
  CopySourceSSECustomerKey?: string;
  CopySourceSSECustomerKeyMD5?: string;
}

export const CUSTOMER_ALGORITHM = "AES256";
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** @throws {AwsError} InvalidArgument, InvalidEncryptionAlgorithmError */
export function customerKeyOf({
  SSECustomerAlgorithm: algorithm,
  SSECustomerKey: key,
  SSECustomerKeyMD5: md5,
}: CustomerKeyHeaders): CustomerKey | undefined {
  if ((algorithm ?? key ?? md5) === undefined) return undefined;
  if (algorithm === undefined) throw errors.missingAlgorithm();
  if (algorithm !== CUSTOMER_ALGORITHM) throw errors.unknownAlgorithm(algorithm);
  if (key === undefined) throw errors.missingKey();
  if (md5 === undefined) throw errors.missingKeyMd5();
  const bytes = Buffer.from(key, "base64");
  if (hash("md5", bytes, "base64") !== md5) throw errors.badKeyMd5();
  if (bytes.length !== KEY_BYTES || bytes.toString("base64") !== key) throw errors.invalidKey();
  return { bytes, md5 };
}

export function copySourceKeyOf(input: CopySourceKeyHeaders): CustomerKey | undefined {
  return customerKeyOf({
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  });
}

export function proofOf({ bytes }: CustomerKey): KeyProof {
  const salt = randomBytes(SALT_BYTES);
  return { salt: salt.toString("base64"), proof: hmac(bytes, salt).toString("base64") };
}

function proves({ salt, proof }: KeyProof, { bytes }: CustomerKey): boolean {
  return timingSafeEqual(hmac(bytes, Buffer.from(salt, "base64")), Buffer.from(proof, "base64"));
}

const hmac = (key: Uint8Array, salt: Uint8Array) => createHmac("sha256", salt).update(key).digest();

/**
 * Returns the key with which an object is decrypted: that of the request, if it is the right one.
 * @throws {AwsError} InvalidRequest, AccessDenied
 */
export function keyForDecryption(
  { customerKey: proof }: { customerKey?: KeyProof },
  key: CustomerKey | undefined,
): CustomerKey | undefined {
  if (!proof) {
    if (key) throw errors.keyOutOfPlace();
    return undefined;
  }
  if (!key) throw errors.keyRequired();
  if (!proves(proof, key)) throw errors.wrongKey();
  return key;
}

/** Checks that a part has the same key as its upload. @throws {AwsError} InvalidRequest */
export function checkUploadKey(
  { customerKey: proof }: { customerKey?: KeyProof },
  key: CustomerKey | undefined,
): void {
  if (proof && !key) throw errors.uploadKeyRequired();
  if (key && !(proof && proves(proof, key))) throw errors.uploadKeyDiffers();
}
