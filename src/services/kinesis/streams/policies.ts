import { parseArn } from "#aws/arn.ts";
import { canonicalForm } from "#aws/languages/policy/canonical.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { consumerAt } from "../consumers/consumer.ts";
import { invalid, noPolicy, noSuchStreamArn } from "../errors.ts";
import { consumers, isConsumerArn, streams } from "../store.ts";
import { checkPolicy } from "./policy-rules.ts";

/** Policies of streams and of their consumers. */
export const policyOperations = {
  async PutResourcePolicy(ctx, { ResourceARN, Policy }) {
    checkPolicy(Policy, ResourceARN);
    const canonical = canonicalForm(JSON.parse(Policy));
    return ctx.transact(async (tx) => {
      (await holderAt(tx, ctx, ResourceARN)).put(tx, canonical);
      return {};
    });
  },

  async GetResourcePolicy(ctx, { ResourceARN }) {
    const { policy } = await ctx.read((tx) => holderAt(tx, ctx, ResourceARN));
    return { Policy: policy ?? "{}" };
  },

  async DeleteResourcePolicy(ctx, { ResourceARN }) {
    return ctx.transact(async (tx) => {
      const { policy, put } = await holderAt(tx, ctx, ResourceARN);
      if (policy === undefined) throw noPolicy(ResourceARN);
      put(tx, undefined);
      return {};
    });
  },
} satisfies Handlers<"kinesis">;

interface Holder {
  policy: string | undefined;
  put(tx: Transaction, policy: string | undefined): void;
}

/** @throws {AwsError} InvalidArgumentException, ResourceNotFoundException */
async function holderAt(tx: ReadTransaction, ctx: Context, arn: string): Promise<Holder> {
  if (isConsumerArn(arn)) {
    const consumer = await consumerAt(tx, ctx, { ConsumerARN: arn });
    return {
      policy: consumer.policy,
      put: (change, policy) => change.put(consumers, { ...consumer, policy }),
    };
  }
  const [, name] = /^stream\/([^/]+)$/.exec(parseArn(arn)?.resource ?? "") ?? [];
  if (name === undefined) throw invalid(`invalid kinesis arn ${arn}`);
  const stream = await tx.get(streams, [name]);
  if (!stream) throw noSuchStreamArn(arn);
  return { policy: stream.policy, put: (change, policy) => change.put(streams, { ...stream, policy }) };
}
