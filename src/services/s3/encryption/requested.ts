import type { Context } from "#kernel/context.ts";
import type { Input } from "#kernel/service.ts";
import { customerKeysBlocked } from "../access/errors.ts";
import { objectArn } from "../buckets/bucket.ts";
import type { Bucket } from "../store.ts";
import { type CustomerKey, type CustomerKeyHeaders, customerKeyOf } from "./customer-key.ts";
import type { Encryption } from "./encryption.ts";
import * as errors from "./errors.ts";
import { kmsEncryption } from "./kms.ts";

/** The encryption that a request specifies. Without a key and an algorithm, the bucket's default applies. */
export interface Requested {
  key?: CustomerKey | undefined;
  algorithm?: Algorithm | undefined;
  kmsKeyId?: string | undefined;
  bucketKey?: boolean | undefined;
}

export type Algorithm = "AES256" | "aws:kms" | "aws:kms:dsse";

type Headers = CustomerKeyHeaders &
  Pick<
    Input<"s3", "CreateMultipartUpload">,
    "ServerSideEncryption" | "SSEKMSKeyId" | "SSEKMSEncryptionContext" | "BucketKeyEnabled"
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
  return { key, algorithm, kmsKeyId, bucketKey: input.BucketKeyEnabled };
}

export function isAlgorithm(name: string): name is Algorithm {
  return name === "AES256" || name === "aws:kms" || name === "aws:kms:dsse";
}

export const byKms = (algorithm: string | undefined): algorithm is "aws:kms" | "aws:kms:dsse" =>
  algorithm === "aws:kms" || algorithm === "aws:kms:dsse";

export const blocksCustomerKeys = ({ encryption }: Bucket): boolean =>
  encryption?.blocked?.includes("SSE-C") ?? false;

/** Whether the bucket must be checked before the body is received. */
export const asksForKeys = ({ key, algorithm }: Requested) => key !== undefined || byKms(algorithm);

/**
 * Returns the encryption of a write: what the request specifies, or else the bucket's default.
 * @throws {AwsError} AccessDenied if the bucket blocks customer-provided keys, KMS.NotFoundException
 */
export function encryptionFor(
  ctx: Context,
  bucket: Bucket,
  objectKey: string,
  { key, algorithm: named, kmsKeyId, bucketKey }: Requested,
  action = "s3:PutObject",
): Encryption {
  if (key) {
    if (blocksCustomerKeys(bucket))
      throw customerKeysBlocked(ctx.principal, bucket.owner, action, objectArn(bucket.name, objectKey));
    return { key };
  }
  const { algorithm, keyId } = named ? { algorithm: named, keyId: kmsKeyId } : (bucket.encryption ?? {});
  return byKms(algorithm) ? { kms: kmsEncryption(ctx, bucket, { algorithm, keyId, bucketKey }) } : {};
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
