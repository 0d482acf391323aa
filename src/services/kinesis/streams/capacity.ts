import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, onlyCommitted, onlyDistributedOnDemand, onlyOnDemand } from "../errors.ts";
import { scaleTo } from "../shards/scaling.ts";
import { activeAt, type Stream, streamArn, streams } from "../store.ts";
import { isCommitted } from "./account.ts";
import { checkOnDemand, checkShards, onceMore } from "./quotas.ts";

/** The minimum shards of an on-demand stream; each accepts 1 MiB per second. */
const MIN_ON_DEMAND_SHARDS = 4;
const MAX_MIBPS = 10 * 1_024;
/** The maximum changes of the mode in 24 hours. */
const MAX_CHANGES = 2;

/** The capacity of a stream, and its mode. */
export const capacityOperations = {
  async UpdateStreamMode(ctx, input) {
    const { StreamMode: mode } = input.StreamModeDetails;
    return ctx.transact(async (tx) => {
      const stream = await activeAt(tx, ctx, input);
      let changed = stream;
      if (stream.mode !== mode) {
        if (mode === "ON_DEMAND") await checkOnDemand(tx, ctx);
        const modeChanges = onceMore(stream.modeChanges, MAX_CHANGES, tx.now(), "mode");
        changed = { ...stream, mode, modeChanges, distribution: undefined };
      }
      tx.put(streams, changed);
      if (input.WarmThroughputMiBps !== undefined)
        await warm(ctx, tx, changed, input.WarmThroughputMiBps, "UpdateStreamMode");
      return {};
    });
  },

  async UpdateStreamRecordDistributionStrategy(ctx, input) {
    const { RecordDistributionStrategy: distribution } = input;
    return ctx.transact(async (tx) => {
      const stream = await activeAt(tx, ctx, input);
      checkDistribution(stream.mode, distribution);
      tx.put(streams, { ...stream, distribution });
      return {};
    });
  },

  async UpdateStreamWarmThroughput(ctx, input) {
    const { WarmThroughputMiBps: mibps } = input;
    return ctx.transact(async (tx) => {
      const stream = await activeAt(tx, ctx, input);
      await warm(ctx, tx, stream, mibps, "UpdateStreamWarmThroughput");
      return {
        StreamARN: streamArn(ctx, stream.name),
        StreamName: stream.name,
        WarmThroughput: { TargetMiBps: mibps, CurrentMiBps: stream.openShards },
      };
    });
  },
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} InvalidArgumentException */
export function checkDistribution(
  mode: Stream["mode"],
  distribution: Kinesis.RecordDistributionStrategy | undefined,
): void {
  if (distribution === "AUTO" && mode !== "ON_DEMAND") throw onlyDistributedOnDemand();
}

/** Raises a stream's capacity to its warm throughput. @throws {AwsError} */
async function warm(ctx: Context, tx: Transaction, stream: Stream, mibps: number, operation: string) {
  await checkWarm(ctx, tx, stream, mibps, operation);
  const count = shardCountFor(mibps);
  await checkShards(tx, ctx, count - stream.openShards);
  await scaleTo(tx, stream, count);
}

/** The shards of an on-demand stream for a throughput in MiB per second. */
export const shardCountFor = (mibps = 0): number => Math.max(MIN_ON_DEMAND_SHARDS, mibps);

/** @throws {AwsError} ValidationException unless it is on demand and the account has committed itself */
export async function checkWarm(
  { account }: Context,
  tx: ReadTransaction,
  { name, mode }: Pick<Stream, "name" | "mode">,
  mibps: number,
  operation: string,
): Promise<void> {
  if (mode !== "ON_DEMAND") throw onlyOnDemand();
  if (!(await isCommitted(tx))) throw onlyCommitted(operation);
  if (mibps > MAX_MIBPS)
    throw invalid(
      `WarmThroughputMiBps ${mibps} exceeds the maximum of ${MAX_MIBPS} for stream ${name} under account ${account}.`,
    );
}
