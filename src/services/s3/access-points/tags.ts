/** The tags of buckets and access points, which are identified by their ARNs. */
import { parseArn } from "#aws/arn.ts";
import type { Tag as TagDocument } from "#aws/contract/types/s3control.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { directoryArn } from "../buckets/bucket.ts";
import { type Bucket, buckets, type Tag } from "../store.ts";
import { checkTags } from "../tags.ts";
import { noSuchResource } from "./errors.ts";
import { accessPoints } from "./store.ts";

interface Tagged {
  /** The account that owns the resource. */
  owner: string;
  policy: string | undefined;
  tags: Tag[];
  /** Whether policies may refer to the tags. */
  abac: boolean;
  write(tx: Transaction, tags: Tag[] | undefined): void;
}

export const resourceTags = {
  async TagResource(ctx, { ResourceArn, Tags }) {
    const added = tagsIn(Tags);
    return ctx.transact(async (tx) => {
      const resource = await resourceAt(tx, ResourceArn);
      const names = new Set(added.map(({ Key }) => Key));
      const tags = [...resource.tags.filter(({ Key }) => !names.has(Key)), ...added];
      checkTags(tags, "bucket");
      resource.write(tx, tags);
      return {};
    });
  },

  async UntagResource(ctx, { ResourceArn, TagKeys }) {
    return ctx.transact(async (tx) => {
      const resource = await resourceAt(tx, ResourceArn);
      const left = resource.tags.filter(({ Key }) => !TagKeys.includes(Key));
      resource.write(tx, left.length > 0 ? left : undefined);
      return {};
    });
  },

  async ListTagsForResource(ctx, { ResourceArn }) {
    return { Tags: (await ctx.read((tx) => resourceAt(tx, ResourceArn))).tags };
  },
} satisfies Handlers<"s3control">;

/** @throws {AwsError} InvalidTag, BadRequest */
export function tagsIn(documents: readonly TagDocument[] = []): Tag[] {
  const tags = documents.map(({ Key, Value }) => ({ Key, Value }));
  checkTags(tags, "bucket");
  return tags;
}

/** @throws {AwsError} NoSuchResource */
export async function resourceAt(tx: ReadTransaction, arn: string): Promise<Tagged> {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  if (service === "s3express") return directoryAt(tx, arn, resource);
  if (service !== "s3") throw noSuchResource(arn);
  const name = /^accesspoint\/(.+)$/.exec(resource)?.[1];
  if (name !== undefined) {
    const accessPoint = await tx.get(accessPoints, [account ?? "", region ?? "", name]);
    if (!accessPoint) throw noSuchResource(arn);
    return taggedBy({ ...accessPoint, abac: true }, accessPoint.account, (on, tags) =>
      on.put(accessPoints, { ...accessPoint, tags }),
    );
  }
  const bucket = await tx.get(buckets, [resource]);
  if (!bucket || bucket.zone !== undefined) throw noSuchResource(arn);
  return taggedBy(bucket, bucket.owner, (on, tags) => on.put(buckets, { ...bucket, tags }));
}

/** Policies may always refer to the tags of directory buckets, which no policy of the bucket lets others change. */
async function directoryAt(tx: ReadTransaction, arn: string, resource: string): Promise<Tagged> {
  const bucket = await tx.get(buckets, [resource.replace(/^bucket\//, "")]);
  if (!bucket || bucket.zone === undefined || directoryArn(bucket) !== arn) throw noSuchResource(arn);
  const tagged = { ...bucket, policy: undefined, abac: true as const };
  return taggedBy(tagged, bucket.owner, (on, tags) => on.put(buckets, { ...bucket, tags }));
}

const taggedBy = (
  { tags = [], policy, abac }: Pick<Bucket, "tags" | "policy" | "abac">,
  owner: string,
  write: Tagged["write"],
): Tagged => ({ owner, policy, tags, abac: abac === true, write });
