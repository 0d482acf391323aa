import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { dryRun, tooManyTrials } from "../errors.ts";
import type { Stream } from "../store.ts";

/** The minimum interval between two dry runs on a stream: https://docs.aws.amazon.com/streams/latest/dev/kds-dryrun-validation.html */
const PAUSE_MS = 1_000;
/** The number of remembered streams above which outdated ones are removed. */
const CLEANUP_THRESHOLD = 1_000;

/** The time of the last dry run on each stream. */
const trials = memory<Map<number, number>>("kinesis/trials", () => new Map());

/** The error of a dry run that would have succeeded. */
export function endOfTrial(ctx: Context, tx: ReadTransaction, { name, number }: Stream): AwsError {
  if (!ctx.isLimited) return dryRun();
  const all = tx.memory(trials);
  const now = tx.now();
  const last = all.get(number);
  if (last !== undefined && now - last < PAUSE_MS) return tooManyTrials(name, ctx.account);
  if (all.size >= CLEANUP_THRESHOLD)
    for (const [stream, time] of all) if (now - time >= PAUSE_MS) all.delete(stream);
  all.set(number, now);
  return dryRun();
}
