import { notImplemented } from "#aws/errors.ts";
import { managedKeyArn } from "#aws/managed-key.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import { signatureOf } from "../access/signature.ts";
import type { Bucket } from "../store.ts";
import { decryptionDenied, kmsNotFound, newerSignatureRequired, ownKeyRequired } from "./errors.ts";

/**
 * SSE-KMS with the key that AWS manages for S3 in an account (`aws/s3`), which stands for one of the cloud's
 * own. There are no other keys without KMS.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export interface KmsEncryption {
  /** The account whose managed key it is: the uploader's. */
  account: string;
  bucketKey?: true;
}

const MANAGED = "alias/aws/s3";
const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The encryption that a request or the bucket's default specifies. */
export interface RequestedKms {
  algorithm: "aws:kms" | "aws:kms:dsse";
  keyId: string | undefined;
  bucketKey: boolean | undefined;
}

/**
 * Directory buckets do not accept the managed key.
 * @throws {AwsError} InvalidArgument, InvalidRequest, KMS.NotFoundException, NotImplemented
 */
export function kmsEncryption(
  ctx: Context,
  bucket: Bucket,
  { algorithm, keyId, bucketKey }: RequestedKms,
): KmsEncryption {
  checkSignature(ctx);
  const account = ctx.principal.account || bucket.owner;
  const place = { account, region: bucket.region };
  if (bucket.zone !== undefined && (keyId === undefined || isManagedKey(keyId, place)))
    throw ownKeyRequired();
  if (keyId !== undefined && !isManagedKey(keyId, place)) throw keyMissing(place, keyId);
  if (algorithm === "aws:kms:dsse") throw notImplemented("dual-layer encryption (aws:kms:dsse)");
  return kmsOf(bucket, account, bucketKey);
}

/** @param bucketKey whether the object uses a bucket key; by default, what the bucket's configuration says */
export const kmsOf = (
  { encryption }: Bucket,
  account: string,
  bucketKey: boolean | undefined = encryption?.bucketKey,
): KmsEncryption => ({ account, ...(bucketKey && { bucketKey }) });

/**
 * Checks that the caller may use the key of an object that it reads, or of an upload: only principals of the
 * key's own account may.
 * @throws {AwsError} InvalidArgument, AccessDenied
 */
export function checkDecryption(ctx: Context, { kms }: { kms?: KmsEncryption }): void {
  if (!kms) return;
  checkSignature(ctx);
  if (ctx.principal.account !== kms.account) throw decryptionDenied(ctx.principal.arn);
}

/** Refuses anonymous requests, and those of Signature Version 2. @throws {AwsError} InvalidArgument */
export function checkSignature({ principal, request }: Context): void {
  if (principal.type === "anonymous") throw newerSignatureRequired(undefined);
  if (request && signatureOf(request).version === "AWS")
    throw newerSignatureRequired(request.headers.authorization);
}

export const keyArnOf = ({ region }: Bucket, { account }: KmsEncryption) =>
  managedKeyArn({ account, region }, MANAGED);

/** Whether a key id, an alias, or the ARN of either names an account's managed key for S3. */
export function isManagedKey(keyId: string, place: Place): boolean {
  const arn = managedKeyArn(place, MANAGED);
  const [prefix, id] = arn.split("key/");
  return [MANAGED, arn, id, `${prefix}${MANAGED}`].includes(keyId);
}

/** KMS's error for a key that does not exist. */
function keyMissing({ region, account }: Place, keyId: string): Error {
  const prefix = `arn:aws:kms:${region}:${account}:`;
  const [, arn, place, resource] = /^(arn:[^:]*:kms:([^:]*):[^:]*:)(.+)$/.exec(keyId) ?? [];
  // S3 does not look up keys of another Region.
  if (arn !== undefined && place !== region) return kmsNotFound(`Invalid arn ${place}`);
  const name = resource ?? keyId;
  if (name.startsWith("alias/")) return kmsNotFound(`Alias ${arn ?? prefix}${name} is not found.`);
  const id = name.replace(/^key\//, "");
  if (KEY_ID.test(id)) return kmsNotFound(`Key '${arn ?? prefix}key/${id}' does not exist`);
  return kmsNotFound(`Invalid keyId '${keyId}'`);
}
