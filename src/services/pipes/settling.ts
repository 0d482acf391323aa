import { parseArn } from "#aws/arn.ts";
import type { PipeState } from "#aws/contract/types/pipes.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { rootOf } from "#kernel/principal.ts";
import { reconciler } from "#kernel/reconciler.ts";
import { cannotBegin } from "./errors.ts";
import { flow } from "./flow.ts";
import { type Pipe, pipes } from "./store.ts";

/** What comes of a state that leads to running where its source is not there. */
const FAILED: Partial<Record<PipeState, PipeState>> = {
  CREATING: "CREATE_FAILED",
  UPDATING: "UPDATE_FAILED",
  STARTING: "START_FAILED",
};

/** Brings a pipe to the state that is wanted: running it is a loop of its own. */
export const settling = reconciler(pipes, async (ctx, seen) => {
  const fault = seen.desired === "RUNNING" ? await faultOfSource(ctx, seen) : undefined;
  await ctx.transact(async (tx) => {
    const pipe = await tx.get(pipes, [seen.name]);
    // What was said since wakes this loop again.
    if (pipe?.revision !== seen.revision) return;
    if (pipe.desired === "DELETED") return tx.delete(pipes, [pipe.name]);
    const failed = fault === undefined ? undefined : FAILED[pipe.current];
    if (failed) return tx.put(pipes, { ...pipe, current: failed, reason: cannotBegin(fault!) });
    const current: PipeState = pipe.desired;
    if (pipe.current === current || pipe.current.endsWith("_FAILED")) return;
    tx.put(pipes, { ...pipe, current, reason: undefined });
    if (current === "RUNNING") tx.enqueue(flow, { name: pipe.name, revision: pipe.revision });
  });
  return "done";
});

/** `undefined` where the queue can be read. */
async function faultOfSource(ctx: Context, { source, role }: Pipe): Promise<string | undefined> {
  const { account, region, resource } = parseArn(source)!;
  const caller = rootOf(parseArn(role)?.account ?? ctx.account);
  try {
    await ctx.as(caller, undefined, { account, region }).aws.sqs.GetQueueAttributes({
      QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
    });
    return undefined;
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return error.message;
    throw error;
  }
}
