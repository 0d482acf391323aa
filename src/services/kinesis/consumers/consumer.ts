import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { noSuchConsumer, noSuchConsumerNamed } from "../errors.ts";
import { type Consumer, consumers, nameOf, streamArn } from "../store.ts";

interface Named {
  StreamARN?: string;
  ConsumerName?: string;
  ConsumerARN?: string;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function consumerAt(tx: ReadTransaction, ctx: Context, named: Named): Promise<Consumer> {
  const [, stream, , inArn] = (named.ConsumerARN && parseArn(named.ConsumerARN)?.resource.split("/")) || [];
  const streamName = stream ?? nameOf({ StreamARN: named.StreamARN });
  const name = inArn?.split(":")[0] ?? named.ConsumerName ?? "";
  const consumer = await tx.get(consumers, [streamName, name]);
  const isNamed =
    named.ConsumerARN === undefined || (consumer && consumerArn(ctx, consumer) === named.ConsumerARN);
  if (consumer && isNamed) return consumer;
  throw named.ConsumerARN === undefined
    ? noSuchConsumerNamed(name, streamName, ctx.account)
    : noSuchConsumer(named.ConsumerARN);
}

export const consumerArn = (ctx: Context, { stream, name, created }: Consumer) =>
  `${streamArn(ctx, stream)}/consumer/${name}:${Math.floor(created / 1_000)}`;
