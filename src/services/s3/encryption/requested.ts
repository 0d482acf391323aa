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

/** The encryption that a request asks for. With neither a key nor an algorithm, the bucket's default applies. */
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
 * Reads and checks the members that ask for encryption.
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

/** Whether the bucket must be looked at before the body is taken in. */
export const asksForKeys = ({ key, algorithm }: Requested) => key !== undefined || byKms(algorithm);

/**
 * Checks a write by what its bucket blocks, and by its default encryption.
 * @throws {AwsError} AccessDenied where the bucket blocks keys of customers, KMS.NotFoundException
 */
export function checkEncryption(
  { principal }: Context,
  bucket: Bucket,
  objectKey: string,
  requested: Requested,
  action = "s3:PutObject",
): void {
  if (requested.key) {
    if (bucket.encryption?.blocked?.includes("SSE-C"))
      throw customerKeysBlocked(principal, bucket.owner, action, objectArn(bucket.name, objectKey));
    return;
  }
  const { algorithm, keyId } = requested.algorithm
    ? { algorithm: requested.algorithm, keyId: requested.kmsKeyId }
    : (bucket.encryption ?? {});
  if (byKms(algorithm)) throw kmsKeyMissing(bucket, keyId);
}

/** The encryption as records keep it. */
export function storedEncryption({ key }: Requested): { customerKey?: KeyProof } {
  return key ? { customerKey: proofOf(key) } : {};
}

/** An ETag is the MD5 of the bytes only where S3 encrypts them with keys of its own. */
export function etagFor({ key }: Requested, md5: string, random: Random): string {
  return key ? random.hex(32) : md5;
}

/**
 * A read must not ask for encryption: its answer says how the object is encrypted.
 * @throws {AwsError} InvalidArgument
 */
export function refuseEncryption({ request }: Context): void {
  const header = request?.headers["x-amz-server-side-encryption"];
  if (header !== undefined) throw errors.encryptionOutOfPlace(header);
}

function checkContext(header: string): void {
  const pairs = parsed(Buffer.from(header, "base64").toString());
  const sound =
    typeof pairs === "object" &&
    pairs !== null &&
    !Array.isArray(pairs) &&
    Object.values(pairs).every((value) => typeof value === "string");
  if (!sound) throw errors.malformedContext();
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
