import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "./buckets/bucket.ts";
import { announce } from "./changes.ts";
import { checkDocument } from "./documents.ts";
import { malformedXml, methodNotAllowed } from "./errors.ts";
import { existingVersion, responseVersionId } from "./objects/existing.ts";
import { type Bucket, buckets, type Tag } from "./store.ts";
import { checkTags } from "./tags.ts";
import { rewriteVersion } from "./versions.ts";

export const tagging = {
  async PutObjectTagging(ctx, input) {
    checkDocument(ctx);
    const tags = tagsIn(input.Tagging);
    checkTags(tags, "object");
    return ctx.transact((tx) => retag(ctx, tx, input, tags));
  },

  async GetObjectTagging(ctx, input) {
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const named = `${input.Bucket}/${input.Key}`;
      const version = await existingVersion(tx, bucket, input, "GET", named);
      return { TagSet: version.tags ?? [], VersionId: responseVersionId(bucket, version) };
    });
  },

  async DeleteObjectTagging(ctx, input) {
    return ctx.transact((tx) => retag(ctx, tx, input, undefined));
  },

  async PutBucketTagging(ctx, input) {
    checkDocument(ctx, { required: true });
    const tags = tagsIn(input.Tagging);
    checkTags(tags, "bucket");
    return ctx.transact(async (tx) => retagBucket(tx, await bucketAt(tx, input.Bucket), tags, "PUT"));
  },

  async GetBucketTagging(ctx, input) {
    const { tags, name } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    if (!tags) throw noSuchTagSet(name);
    return { TagSet: tags };
  },

  async DeleteBucketTagging(ctx, input) {
    return ctx.transact(async (tx) => retagBucket(tx, await bucketAt(tx, input.Bucket), [], "DELETE"));
  },
} satisfies Handlers<"s3">;

/** Parses a tag set. @throws {AwsError} MalformedXML for a tag without a key or value, which may be empty */
function tagsIn({ TagSet }: Input<"s3", "PutObjectTagging">["Tagging"]): Tag[] {
  if (!TagSet) throw malformedXml();
  return TagSet.map(({ Key, Value }) => {
    if (Key === undefined || Value === undefined) throw malformedXml();
    return { Key, Value };
  });
}

const undefinedIfEmpty = (tags: Tag[]) => (tags.length === 0 ? undefined : tags);

interface Named {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

/** Replaces the tags of a version. @param tags `undefined` to remove all tags */
async function retag(ctx: Context, tx: Transaction, input: Named, tags: Tag[] | undefined) {
  const bucket = await bucketAt(tx, input.Bucket);
  const former = await existingVersion(tx, bucket, input, tags ? "PUT" : "DELETE");
  const version = { ...former, tags: tags && undefinedIfEmpty(tags) };
  await rewriteVersion(tx, bucket, version);
  await announce(ctx, tx, bucket, { event: tags ? "ObjectTagging:Put" : "ObjectTagging:Delete", version });
  return { VersionId: responseVersionId(bucket, version) };
}

function retagBucket(tx: Transaction, bucket: Bucket, tags: Tag[], method: string) {
  if (bucket.abac) throw taggedElsewhere(method);
  tx.put(buckets, { ...bucket, tags: undefinedIfEmpty(tags) });
  return {};
}

const noSuchTagSet = (bucket: string) =>
  new AwsError("NoSuchTagSet", "The TagSet does not exist", { status: 404, members: { BucketName: bucket } });

/** The error for a bucket with ABAC enabled, whose tags only TagResource and UntagResource can change. */
const taggedElsewhere = (method: string) => methodNotAllowed(method, "BUCKETTAGGING");
