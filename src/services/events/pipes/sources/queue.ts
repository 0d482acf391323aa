import { parseArn, queueUrlOf } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import { messageEvent } from "../event.ts";
import { callerOf, handOver } from "../hand-over.ts";
import type { Pipe } from "../store.ts";

/** The maximum messages of one ReceiveMessage. */
const MAX_RECEIVED = 10;

/**
 * Receives messages once. A message is deleted when the target has accepted it. A message that the target refuses returns when
 * its visibility timeout ends, with all that follow it in its group, and the queue's redrive policy applies.
 * @returns the number of received messages
 */
export async function drainQueue(ctx: Context, pipe: Pipe): Promise<number> {
  const { account, region } = parseArn(pipe.source)!;
  const { sqs } = ctx.as(callerOf(ctx, pipe), undefined, { account, region }).aws;
  const QueueUrl = urlOf(pipe);
  const { Messages = [] } = await sqs.ReceiveMessage({
    QueueUrl,
    MaxNumberOfMessages: Math.min(
      MAX_RECEIVED,
      pipe.sourceParameters.SqsQueueParameters?.BatchSize ?? MAX_RECEIVED,
    ),
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  const blocked = new Set<string>();
  for (const message of Messages) {
    const group = message.Attributes?.MessageGroupId;
    if (isFifo(pipe) && blocked.has(group!)) continue;
    const { error } = await handOver(ctx, pipe, [messageEvent(pipe, message)]);
    if (error) blocked.add(group ?? "");
    else await sqs.DeleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle! });
  }
  return Messages.length;
}

/** @throws {AwsError} where it cannot be read */
export async function lookIntoQueue(ctx: Context, pipe: Pipe): Promise<void> {
  const { account, region } = parseArn(pipe.source)!;
  const { sqs } = ctx.as(callerOf(ctx, pipe), undefined, { account, region }).aws;
  await sqs.GetQueueAttributes({ QueueUrl: urlOf(pipe) });
}

const urlOf = ({ source }: Pipe): string => queueUrlOf(parseArn(source)!);

const isFifo = ({ source }: Pipe) => source.endsWith(".fifo");
