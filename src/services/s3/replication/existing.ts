import { job } from "#kernel/jobs.ts";
import { descending } from "#kernel/keys.ts";
import { buckets, noncurrent, type ObjectVersion, objects } from "../store.ts";
import { created, send } from "./follow.ts";
import { destinationOf } from "./rules.ts";
import { type Rule, replications } from "./store.ts";

const PAGE = 200;

interface Walk {
  bucket: string;
  /** The last version that was looked at: first come the current versions of all keys, then the noncurrent ones. */
  after?: { noncurrent: boolean; key: string; order: number };
}

/** Replicates what was in a bucket before its rules, page by page, where rules ask for it. */
export const replicateExisting = job<Walk>("s3/replicate-existing", {
  async run(ctx, { bucket: name, after }) {
    await ctx.transact(async (tx) => {
      const bucket = await tx.get(buckets, [name]);
      const configuration = bucket && (await replications.get(tx, bucket));
      if (!bucket || !configuration) return;
      const isOlder = after?.noncurrent ?? false;
      const position = after && (isOlder ? [after.key, descending(after.order)] : [after.key]);
      const range = { in: [bucket.id], ...(position && { after: position }), limit: PAGE };
      const page = await tx.list(isOlder ? noncurrent : objects, range);
      for (const version of page) {
        if (version.deleteMarker || version.versionId === "null") continue;
        const rules = created(configuration, version, tx.now()).filter((rule) => asksFor(rule, version));
        await send(tx, bucket, version, rules, configuration);
      }
      const last = page.at(-1);
      if (last && page.length === PAGE) {
        const { key, order } = last;
        tx.enqueue(replicateExisting, { bucket: name, after: { noncurrent: isOlder, key, order } });
      } else if (!isOlder) {
        tx.enqueue(replicateExisting, { bucket: name, after: { noncurrent: true, key: "", order: 0 } });
      }
    });
  },
});

const asksFor = (rule: Rule, { replication }: ObjectVersion) =>
  rule.ExistingObjectReplication?.Status === "Enabled" && !replication?.[destinationOf(rule)];
