import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import { deliver } from "#kernel/delivery/targets.ts";
import { job } from "#kernel/work/jobs.ts";
import { callerOf } from "../hand-over.ts";
import { type Pipe, pipeArn } from "../store.ts";
import { type StreamEvent, type StreamSource, streamParameters } from "./stream.ts";

/** Events that were given up, and the reason. */
export interface Lost {
  events: readonly StreamEvent[];
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
}

interface Loss {
  queue: string | undefined;
  role: string;
  message: object;
}

/** The description of lost events in AWS's format: sequence numbers of the records, which are still in the stream. */
export function lossOf(
  ctx: Context,
  pipe: Pipe,
  source: StreamSource,
  shard: string,
  { events, condition }: Lost,
): Loss {
  const first = events[0]!;
  const last = events.at(-1)!;
  return {
    queue: streamParameters(pipe).DeadLetterConfig?.Arn,
    role: pipe.role,
    message: {
      context: { partnerResourceArn: pipeArn(ctx, pipe.name), condition },
      version: "1.0",
      timestamp: new Date(ctx.clock.now()).toISOString(),
      [source.batchInfo]: {
        shardId: shard,
        startSequenceNumber: first.sequence,
        endSequenceNumber: last.sequence,
        approximateArrivalOfFirstRecord: new Date(first.arrival).toISOString(),
        approximateArrivalOfLastRecord: new Date(last.arrival).toISOString(),
        batchSize: events.length,
        streamArn: pipe.source,
      },
    },
  };
}

/** Sends word of a batch that was given up to the dead-letter queue, which may be a topic. */
export const tellOfLoss = job<Loss>("pipes/loss", {
  async run(ctx, { queue, role, message }) {
    if (queue === undefined) return;
    const { account = ctx.account, region = ctx.region } = parseArn(queue) ?? {};
    await deliver(ctx.as(callerOf(ctx, { role }), undefined, { account, region }).aws, queue, {
      payload: JSON.stringify(message),
    });
  },
});
