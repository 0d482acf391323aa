import type { Random } from "#lib/random.ts";
import { isExpress } from "../storage-classes/classes.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { CUSTOMER_ALGORITHM, type CustomerKey, type KeyProof, proofOf } from "./customer-key.ts";
import { type KmsEncryption, keyArnOf } from "./kms.ts";

/** The encryption of a body: with S3's keys, unless there is a key of the customer's, or of KMS. */
export interface Encryption {
  key?: CustomerKey | undefined;
  kms?: KmsEncryption | undefined;
}

/** What is stored of the encryption. */
export interface StoredEncryption {
  /** Present if the body is encrypted with a customer-provided key. */
  customerKey?: KeyProof;
  /** Present if the body is encrypted with a key of KMS. */
  kms?: KmsEncryption;
}

export function storedEncryption({ key, kms }: Encryption): StoredEncryption {
  return { ...(key && { customerKey: proofOf(key) }), ...(kms && { kms }) };
}

/**
 * Whether the ETag of an object in one part is the MD5 of its bytes: only if it is encrypted with S3's keys, and
 * not in a directory bucket.
 */
export const hasMd5AsEtag = (version: StoredEncryption & Pick<ObjectVersion, "storageClass">) =>
  !version.customerKey && !version.kms && !isExpress(version);

export function etagFor(
  { key, kms, storageClass }: Encryption & Pick<ObjectVersion, "storageClass">,
  md5: string,
  random: Random,
): string {
  return key || kms || isExpress({ storageClass }) ? random.hex(32) : md5;
}

/**
 * The members of a response that state an object's encryption.
 * @param key the customer-provided key, if the body is encrypted with one
 */
export function encryptionMembers(bucket: Bucket, { kms }: StoredEncryption, key?: CustomerKey) {
  if (key) return { SSECustomerAlgorithm: CUSTOMER_ALGORITHM, SSECustomerKeyMD5: key.md5 };
  if (!kms) return { ServerSideEncryption: "AES256" as const };
  return {
    ServerSideEncryption: "aws:kms" as const,
    SSEKMSKeyId: keyArnOf(bucket, kms),
    BucketKeyEnabled: kms.bucketKey,
  };
}
