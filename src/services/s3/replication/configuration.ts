import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument, checkStoredSize, MAX_LIST_BYTES } from "../documents.ts";
import { headerNotImplemented } from "../errors.ts";
import { type Bucket, buckets } from "../store.ts";
import {
  destinationIsSource,
  destinationUnversioned,
  replicationNotFound,
  sourceUnversioned,
} from "./errors.ts";
import { destinationOf } from "./rules.ts";
import { type Rule, replications } from "./store.ts";
import { checkReplication } from "./validate.ts";

export const replicationConfiguration = {
  async PutBucketReplication(ctx, input) {
    checkDocument(ctx, { required: true, most: MAX_LIST_BYTES });
    if (input.Token !== undefined) throw headerNotImplemented("x-amz-bucket-object-lock-token");
    const configuration = checkReplication(input.ReplicationConfiguration, ctx.random);
    checkStoredSize(configuration);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (bucket.versioning !== "Enabled") throw sourceUnversioned(bucket.name);
      for (const rule of configuration.Rules) await checkDestinationOf(tx, bucket, rule);
      replications.put(tx, bucket, configuration);
      tx.put(buckets, { ...bucket, replicates: true });
      return {};
    });
  },

  async GetBucketReplication(ctx, input) {
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const configuration = await replications.get(tx, bucket);
      if (!configuration) throw replicationNotFound(bucket.name);
      // Stored configurations may contain `ExistingObjectReplication`, which S3 refuses as malformed.
      const Rules = configuration.Rules.map(({ ExistingObjectReplication, ...rule }) => rule);
      return { ReplicationConfiguration: { ...configuration, Rules } };
    });
  },

  async DeleteBucketReplication(ctx, input) {
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      replications.delete(tx, bucket);
      tx.put(buckets, { ...bucket, replicates: undefined });
      return {};
    });
  },
} satisfies Handlers<"s3">;

async function checkDestinationOf(tx: Transaction, source: Bucket, rule: Rule): Promise<void> {
  const name = destinationOf(rule);
  if (name === source.name) throw destinationIsSource();
  const destination = await tx.get(buckets, [name]);
  // S3 returns the same error for a bucket that does not exist.
  if (destination?.versioning !== "Enabled") throw destinationUnversioned();
}
