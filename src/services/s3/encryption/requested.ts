import type { Context } from "#kernel/context.ts";
import type { Input } from "#kernel/service.ts";
import type { Random } from "#lib/random.ts";
import { customerKeysBlocked } from "../access/errors.ts";
import { objectArn } from "../buckets/bucket.ts";
import type { Bucket } from "../store.ts";
import {
  type CustomerKey,
  type CustomerKeyHeaders,
  customerKeyOf,
  type KeyProof,
  proofOf,
} from "./customer-key.ts";
import * as errors from "./errors.ts";
import { kmsKeyMissing } from "./kms.ts";

/** The encryption that a request specifies. Without a key and an algorithm, the bucket's default applies. */
export interface Requested {
  key?: CustomerKey | undefined;
  algorithm?: Algorithm | undefined;
  kmsKeyId?: string | undefined;
}

export type Algorithm = "AES256" | "aws:kms" | "aws:kms:dsse";

type Headers = CustomerKeyHeaders &
  Pick<
    Input<"s3", "CreateMultipartUpload">,
    "ServerSideEncryption" | "SSEKMSKeyId" | "SSEKMSEncryptionContext"
  >;

/**
 * Parses and validates the encryption members of a request.
 * @throws {AwsError} InvalidArgument, InvalidEncryptionAlgorithmError
 */
export function requestedEncryption(input: Headers): Requested {
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: kmsKeyId, SSEKMSEncryptionContext: context } = input;
  const key = customerKeyOf(input);
  if (key && algorithm !== undefined) throw errors.incompatibleEncryption(algorithm);
  if (algorithm !== undefined && !isAlgorithm(algorithm)) throw errors.unknownEncryption(algorithm);
  if (kmsKeyId !== undefined && !byKms(algorithm)) throw errors.keyWithoutKms(algorithm);
  if (context !== undefined) checkContext(context);
  return { key, algorithm, kmsKeyId };
}

export function isAlgorithm(name: string): name is Algorithm {
  return name === "AES256" || name === "aws:kms" || name === "aws:kms:dsse";
}

export const byKms = (algorithm: string | undefined) =>
  algorithm === "aws:kms" || algorithm === "aws:kms:dsse";

export const blocksCustomerKeys = ({ encryption }: Bucket): boolean =>
  encryption?.blocked?.includes("SSE-C") ?? false;

/** Whether the bucket must be checked before the body is received. */
export const asksForKeys = ({ key, algorithm }: Requested) => key !== undefined || byKms(algorithm);

/**
 * Checks the encryption of a write against the bucket's default and the types that it blocks.
 * @throws {AwsError} AccessDenied if the bucket blocks customer-provided keys, KMS.NotFoundException
 */
export function checkEncryption(
  { principal }: Context,
  bucket: Bucket,
  objectKey: string,
  requested: Requested,
  action = "s3:PutObject",
): void {
  if (requested.key) {
    if (blocksCustomerKeys(bucket))
      throw customerKeysBlocked(principal, bucket.owner, action, objectArn(bucket.name, objectKey));
    return;
  }
  const { algorithm, keyId } = requested.algorithm
    ? { algorithm: requested.algorithm, keyId: requested.kmsKeyId }
    : (bucket.encryption ?? {});
  if (byKms(algorithm)) throw kmsKeyMissing(bucket, keyId);
}

/** Returns the stored form of the encryption. */
export function storedEncryption({ key }: Requested): { customerKey?: KeyProof } {
  return key ? { customerKey: proofOf(key) } : {};
}

/** Returns the ETag of an object, which is the MD5 of its bytes only if it is encrypted with S3's keys. */
export function etagFor({ key }: Requested, md5: string, random: Random): string {
  return key ? random.hex(32) : md5;
}

/**
 * Refuses a read that specifies encryption; only the response of a read states it.
 * @throws {AwsError} InvalidArgument
 */
export function refuseEncryption({ request }: Context): void {
  const header = request?.headers["x-amz-server-side-encryption"];
  if (header !== undefined) throw errors.encryptionOutOfPlace(header);
}

function checkContext(header: string): void {
  const pairs = parsed(Buffer.from(header, "base64").toString());
  const isValid =
    typeof pairs === "object" &&
    pairs !== null &&
    !Array.isArray(pairs) &&
    Object.values(pairs).every((value) => typeof value === "string");
  if (!isValid) throw errors.malformedContext();
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
