import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input, Output } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { type Bucket, type BucketEncryption, buckets } from "../store.ts";
import { keyNotApplicable } from "./errors.ts";
import { kmsEncryption } from "./kms.ts";
import { byKms, isAlgorithm } from "./requested.ts";

type Document = Input<"s3", "PutBucketEncryption">["ServerSideEncryptionConfiguration"];

/**
 * The default encryption of a bucket, and the encryption types that it blocks.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
export const bucketEncryption = {
  async PutBucketEncryption(ctx, input) {
    checkDocument(ctx);
    const encryption = encryptionIn(input.ServerSideEncryptionConfiguration);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (bucket.zone !== undefined) checkForDirectory(ctx, bucket, encryption);
      const { blocked } = bucket.encryption ?? {};
      // Encryption types remain blocked unless the request specifies others.
      store(tx, bucket, { ...(blocked && { blocked }), ...encryption });
      return {};
    });
  },

  async GetBucketEncryption(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { ServerSideEncryptionConfiguration: documentOf(bucket.encryption) };
  },

  async DeleteBucketEncryption(ctx, input) {
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const { blocked } = bucket.encryption ?? {};
      store(tx, bucket, blocked && { algorithm: "AES256", blocked });
      return {};
    });
  },
} satisfies Handlers<"s3">;

function store(
  tx: Transaction,
  { encryption: _, ...bucket }: Bucket,
  encryption: BucketEncryption | undefined,
): void {
  tx.put(buckets, { ...bucket, ...(encryption && { encryption }) });
}

/** @throws {AwsError} MalformedXML, InvalidArgument */
function encryptionIn({ Rules: rules }: Document): BucketEncryption {
  const [rule] = rules ?? [];
  if (!rule || rules.length > 1) throw malformedXml();
  const blocked = rule.BlockedEncryptionTypes?.EncryptionType;
  if (blocked?.some((type) => type !== "SSE-C" && type !== "NONE")) throw malformedXml();
  const byDefault = rule.ApplyServerSideEncryptionByDefault;
  if (!byDefault && !blocked) throw malformedXml();
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId } = byDefault ?? { SSEAlgorithm: "AES256" };
  if (algorithm === undefined || !isAlgorithm(algorithm)) throw malformedXml();
  if (keyId !== undefined && !byKms(algorithm)) throw keyNotApplicable();
  return {
    algorithm,
    ...(keyId !== undefined && { keyId }),
    ...(rule.BucketKeyEnabled && { bucketKey: true }),
    ...(blocked && { blocked }),
  };
}

/**
 * Checks the default encryption of a directory bucket, which does not support all forms. Unlike others, it looks up
 * the key.
 * @throws {AwsError} InvalidRequest, KMS.NotFoundException, MalformedXML
 */
function checkForDirectory(
  ctx: Context,
  bucket: Bucket,
  { algorithm, keyId, blocked }: BucketEncryption,
): void {
  if (blocked) throw malformedXml();
  if (byKms(algorithm)) kmsEncryption(ctx, bucket, { algorithm, keyId, bucketKey: undefined });
}

/** The encryption of a bucket without a configuration. */
const DEFAULT: BucketEncryption = { algorithm: "AES256" };

function documentOf({
  algorithm,
  keyId,
  bucketKey,
  blocked,
}: BucketEncryption = DEFAULT): Output<"s3", "GetBucketEncryption">["ServerSideEncryptionConfiguration"] {
  return {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId },
        BucketKeyEnabled: bucketKey ?? false,
        BlockedEncryptionTypes: blocked && { EncryptionType: blocked },
      },
    ],
  };
}
