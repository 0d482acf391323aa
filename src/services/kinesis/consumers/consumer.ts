import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { invalid, noSuchConsumer, noSuchConsumerNamed } from "../errors.ts";
import { type Consumer, consumers, nameOf, streamArn } from "../store.ts";

interface Named {
  StreamARN?: string;
  ConsumerName?: string;
  ConsumerARN?: string;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function consumerAt(tx: ReadTransaction, ctx: Context, named: Named): Promise<Consumer> {
  if (named.ConsumerARN !== undefined) {
    const consumer = await consumerNamed(tx, named.ConsumerARN);
    if (!consumer || consumerArn(ctx, consumer) !== named.ConsumerARN)
      throw noSuchConsumer(named.ConsumerARN);
    checkAgreement(consumer, named);
    return consumer;
  }
  const { StreamARN, ConsumerName: name } = named;
  if (StreamARN === undefined || name === undefined)
    throw invalid("Either ConsumerARN, or StreamARN and ConsumerName should be provided.");
  const stream = nameOf({ StreamARN });
  const consumer = await tx.get(consumers, [stream, name]);
  if (!consumer) throw noSuchConsumerNamed(name, stream, ctx.account);
  return consumer;
}

/** The stream and the name must match the ARN, if both are given. @throws {AwsError} InvalidArgumentException */
function checkAgreement({ stream, name }: Consumer, { StreamARN, ConsumerName }: Named): void {
  const isOther = (given: string | undefined, own: string) => given !== undefined && given !== own;
  if (isOther(StreamARN && nameOf({ StreamARN }), stream) || isOther(ConsumerName, name))
    throw invalid("StreamARN and ConsumerName must be those of the ConsumerARN.");
}

/** The consumer of an ARN, whatever its creation time. */
export async function consumerNamed(tx: ReadTransaction, arn: string): Promise<Consumer | undefined> {
  const [, stream = "", , name = ""] = parseArn(arn)?.resource.split("/") ?? [];
  return tx.get(consumers, [stream, name.split(":")[0]!]);
}

export const consumerArn = (ctx: Context, { stream, name, created }: Consumer) =>
  `${streamArn(ctx, stream)}/consumer/${name}:${Math.floor(created / 1_000)}`;
