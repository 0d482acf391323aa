import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type Job, type JobOutcome, job } from "#kernel/work/jobs.ts";
import { midnightAfter } from "../days.ts";
import type { Bucket } from "../store.ts";
import { minTierDays } from "../tiering/due.ts";
import { type Mark, marks, touch } from "./mark.ts";
import { type Plan, planOf } from "./plan.ts";
import { countsVersions, outlookOf } from "./rules.ts";
import { walk } from "./walk.ts";

interface Nightly {
  name: string;
  id: number;
  serial: number;
}

/**
 * Walks a bucket at each midnight at which an action may be due. At any
 * other midnight it only reads the mark.
 */
export const midnightJob: Job<Nightly> = job("s3/midnight", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, nightly) {
    const findings = await ctx.read((tx) => findingsOf(tx, nightly));
    if (!findings) return end(ctx, nightly);
    if (ctx.clock.now() < findings.mark.next && !findings.mark.looking) return tomorrow(ctx);
    // From here on, changes to the bucket update `next` themselves.
    await change(ctx, nightly, ({ mark, plan }, now) => {
      const { leastDays, nextDate } = outlookOf(plan.rules, now);
      return {
        ...mark,
        looking: true,
        fresh: false,
        counts: countsVersions(plan.rules),
        leastDays: Math.min(leastDays, minTierDays(plan.tierings)),
        next: nextDate,
      };
    });
    const next = await walk(ctx, nightly);
    await change(ctx, nightly, ({ mark }) => ({ ...mark, looking: false, next: Math.min(mark.next, next) }));
    return tomorrow(ctx);
  },
});

const tomorrow = ({ clock }: Context): JobOutcome => ({ again: midnightAfter(clock.now()) - clock.now() });

/**
 * Starts the nightly walks of a bucket, or makes the next one examine everything,
 * after its configuration has changed.
 */
export async function ensureWalks(tx: Transaction, bucket: Bucket): Promise<void> {
  if (await tx.get(marks, [bucket.id])) return touch(tx, bucket, "changed");
  const { id, name, owner, region } = bucket;
  const serial = tx.sequence();
  tx.put(marks, { bucket: id, serial, next: 0, leastDays: 0, counts: true, looking: false, fresh: true });
  const delay = midnightAfter(tx.now()) - tx.now();
  tx.enqueue(midnightJob, { name, id, serial }, { delay, place: { account: owner, region } });
}

interface Findings {
  mark: Mark;
  plan: Plan;
}

/**
 * Returns `undefined` if the bucket is deleted, if no configuration applies,
 * or if another job walks the bucket.
 */
async function findingsOf(tx: ReadTransaction, nightly: Nightly): Promise<Findings | undefined> {
  const mark = await tx.get(marks, [nightly.id]);
  const plan = mark?.serial === nightly.serial ? await planOf(tx, nightly) : undefined;
  return mark && plan && { mark, plan };
}

const change = (ctx: Context, nightly: Nightly, to: (findings: Findings, now: number) => Mark) =>
  ctx.transact(async (tx) => {
    const findings = await findingsOf(tx, nightly);
    if (findings) tx.put(marks, to(findings, tx.now()));
  });

/** Deletes the mark, unless another job has replaced this one. */
async function end(ctx: Context, nightly: Nightly): Promise<undefined> {
  await ctx.transact(async (tx) => {
    const mark = await tx.get(marks, [nightly.id]);
    if (mark?.serial === nightly.serial && !(await planOf(tx, nightly))) tx.delete(marks, [nightly.id]);
  });
}
