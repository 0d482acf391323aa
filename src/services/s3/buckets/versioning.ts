import type { Handlers } from "#kernel/service.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml, notImplemented } from "../errors.ts";
import { touch } from "../lifecycle/mark.ts";
import { lockKeepsVersioning } from "../lock/errors.ts";
import { versioningKept } from "../replication/errors.ts";
import { buckets } from "../store.ts";
import { bucketAt } from "./bucket.ts";
import { illegalVersioning } from "./errors.ts";

export const bucketVersioning = {
  async PutBucketVersioning(ctx, input) {
    checkDocument(ctx);
    const { Status: status, MFADelete } = input.VersioningConfiguration;
    if (status === undefined) throw illegalVersioning();
    if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
    if (MFADelete === "Enabled") throw notImplemented("MFA delete is not implemented.");
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (bucket.objectLock && status === "Suspended") throw lockKeepsVersioning();
      if (bucket.replicates && status !== "Enabled") throw versioningKept();
      tx.put(buckets, { ...bucket, versioning: status, ...(MFADelete && { mfaDelete: MFADelete }) });
      await touch(tx, bucket, "changed");
      return {};
    });
  },

  async GetBucketVersioning(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { Status: bucket.versioning, MFADelete: bucket.mfaDelete };
  },
} satisfies Handlers<"s3">;
