import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { consumerExists, invalid, limitExceeded } from "../errors.ts";
import { wakeAll } from "../records/waiters.ts";
import { type Consumer, checkCreation, consumers, streamArn, streamAt, wholeSecond } from "../store.ts";
import { isAdvantaged } from "../streams/account.ts";
import { checkTags } from "../streams/tags.ts";
import { consumerArn, consumerAt } from "./consumer.ts";

/** https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html */
const MAX_CONSUMERS = 20;
const MAX_WITH_ADVANTAGE = 50;

export const consumerOperations = {
  async RegisterStreamConsumer(ctx, { StreamARN, ConsumerName, Tags }) {
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, { StreamARN });
      if (Tags) checkTags(Tags, stream.name, ctx);
      if (await tx.get(consumers, [stream.name, ConsumerName]))
        throw consumerExists(ConsumerName, stream.name, ctx.account);
      const most = (await isAdvantaged(tx, stream)) ? MAX_WITH_ADVANTAGE : MAX_CONSUMERS;
      if ((await tx.list(consumers, { in: [stream.name], limit: most })).length === most)
        throw limitExceeded(`The stream has ${most} consumers, which is the most it can have.`);
      const consumer: Consumer = {
        stream: stream.name,
        name: ConsumerName,
        created: tx.now(),
        tags: Tags,
      };
      tx.put(consumers, consumer);
      return { Consumer: { ...described(ctx, consumer), ConsumerStatus: "CREATING" as const } };
    });
  },

  async DescribeStreamConsumer(ctx, input) {
    const consumer = await ctx.read((tx) => consumerAt(tx, ctx, input));
    return {
      ConsumerDescription: { ...described(ctx, consumer), StreamARN: streamArn(ctx, consumer.stream) },
    };
  },

  async DeregisterStreamConsumer(ctx, input) {
    return ctx.transact(async (tx) => {
      const { stream, name } = await consumerAt(tx, ctx, input);
      tx.delete(consumers, [stream, name]);
      wakeAll(tx, (await streamAt(tx, ctx, { StreamName: stream })).number);
      return {};
    });
  },

  async ListStreamConsumers(ctx, { StreamARN, MaxResults = 100, NextToken, StreamCreationTimestamp }) {
    const stream = await ctx.read((tx) => streamAt(tx, ctx, { StreamARN }));
    checkCreation(ctx, stream, StreamCreationTimestamp);
    const { records, token } = await page<Consumer>(ctx, {
      listing: ["kinesis:ListStreamConsumers", stream.name],
      token: NextToken,
      limit: Math.min(MaxResults, 999),
      list: (range) => ctx.read((tx) => tx.list(consumers, { in: [stream.name], ...range })),
      position: ({ name }) => [name],
      invalidToken: () => invalid("The NextToken is not valid."),
    });
    return { Consumers: records.map((consumer) => described(ctx, consumer)), NextToken: token };
  },
} satisfies Handlers<"kinesis">;

const described = (ctx: Context, consumer: Consumer): Kinesis.Consumer => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumerArn(ctx, consumer),
  ConsumerStatus: "ACTIVE",
  ConsumerCreationTimestamp: wholeSecond(consumer.created),
});
