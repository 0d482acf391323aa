import { AwsError } from "#aws/errors.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { bucketAt } from "./buckets/bucket.ts";
import { checkDocument } from "./documents.ts";
import { malformedXml } from "./errors.ts";
import { existingVersion, toldVersionId } from "./objects/found.ts";
import { type Bucket, buckets, noncurrent, objects, type Tag } from "./store.ts";
import { checkTags } from "./tags.ts";
import { currentVersion } from "./versions.ts";

export const tagging = {
  async PutObjectTagging(ctx, input) {
    checkDocument(ctx);
    const tags = tagsIn(input.Tagging);
    checkTags(tags, "object");
    return ctx.transact((tx) => retag(tx, input, tags, "PUT"));
  },

  async GetObjectTagging(ctx, input) {
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "GET");
      return { TagSet: version.tags ?? [], VersionId: toldVersionId(bucket, version) };
    });
  },

  async DeleteObjectTagging(ctx, input) {
    return ctx.transact((tx) => retag(tx, input, [], "DELETE"));
  },

  async PutBucketTagging(ctx, input) {
    checkDocument(ctx);
    const tags = tagsIn(input.Tagging);
    checkTags(tags, "bucket");
    return ctx.transact(async (tx) => retagBucket(tx, await bucketAt(tx, input.Bucket), tags));
  },

  async GetBucketTagging(ctx, input) {
    const { tags, name } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    if (!tags) throw noSuchTagSet(name);
    return { TagSet: tags };
  },

  async DeleteBucketTagging(ctx, input) {
    return ctx.transact(async (tx) => retagBucket(tx, await bucketAt(tx, input.Bucket), []));
  },
} satisfies Handlers<"s3">;

/** @throws {AwsError} MalformedXML: every tag has a key and a value, were they empty */
function tagsIn({ TagSet }: Input<"s3", "PutObjectTagging">["Tagging"]): Tag[] {
  if (!TagSet) throw malformedXml();
  return TagSet.map(({ Key, Value }) => {
    if (Key === undefined || Value === undefined) throw malformedXml();
    return { Key, Value };
  });
}

const orNone = (tags: Tag[]) => (tags.length === 0 ? undefined : tags);

interface Named {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

async function retag(tx: Transaction, input: Named, tags: Tag[], method: string) {
  const bucket = await bucketAt(tx, input.Bucket);
  const version = await existingVersion(tx, bucket, input, method);
  const current = await currentVersion(tx, bucket, input.Key);
  tx.put(current?.order === version.order ? objects : noncurrent, { ...version, tags: orNone(tags) });
  return { VersionId: toldVersionId(bucket, version) };
}

function retagBucket(tx: Transaction, bucket: Bucket, tags: Tag[]) {
  tx.put(buckets, { ...bucket, tags: orNone(tags) });
  return {};
}

const noSuchTagSet = (bucket: string) =>
  new AwsError("NoSuchTagSet", "The TagSet does not exist", { status: 404, members: { BucketName: bucket } });
