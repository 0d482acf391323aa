import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noPolicy } from "../errors.ts";
import { type Stream, streamAt, streams } from "../store.ts";

const LONGEST = 20_480;

export const policyOperations = {
  async PutResourcePolicy(ctx, { ResourceARN, Policy }) {
    if (Policy.length > LONGEST || !isObject(Policy))
      throw invalid("The policy is not a valid JSON document.");
    return change(ctx, ResourceARN, (stream) => ({ ...stream, policy: Policy }));
  },

  async GetResourcePolicy(ctx, { ResourceARN }) {
    const { policy } = await ctx.read((tx) => streamAt(tx, ctx, { StreamARN: streamIn(ResourceARN) }));
    return { Policy: policy ?? "{}" };
  },

  async DeleteResourcePolicy(ctx, { ResourceARN }) {
    return change(ctx, ResourceARN, (stream) => {
      if (stream.policy === undefined) throw noPolicy(ResourceARN);
      return { ...stream, policy: undefined };
    });
  },
} satisfies Handlers<"kinesis">;

function streamIn(arn: string): string {
  if (/^stream\/[^/]+$/.test(parseArn(arn)?.resource ?? "")) return arn;
  throw invalid(`${arn} is not the ARN of a stream.`);
}

function change(ctx: Context, arn: string, to: (stream: Stream) => Stream) {
  return ctx.transact(async (tx) => {
    tx.put(streams, to(await streamAt(tx, ctx, { StreamARN: streamIn(arn) })));
    return {};
  });
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
