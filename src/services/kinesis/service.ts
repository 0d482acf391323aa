import { parseArn } from "#aws/arn.ts";
import type { RegisterStreamConsumerInput } from "#aws/contract/types/kinesis.ts";
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { type Access, defineService } from "#kernel/service.ts";
import { consumerArn, consumerNamed } from "./consumers/consumer.ts";
import { consumerOperations } from "./consumers/consumers.ts";
import { subscribing } from "./consumers/subscribe.ts";
import { otherRegion } from "./errors.ts";
import { iterators, streamOfIterator } from "./records/iterators.ts";
import { judgeKeys, writing } from "./records/put.ts";
import { reading } from "./records/read.ts";
import { grow } from "./shards/growth.ts";
import { shardListing, streamOfListing } from "./shards/listing.ts";
import { scale } from "./shards/scaling.ts";
import { shardOperations } from "./shards/shards.ts";
import { isConsumerArn, type Named, nameOf, streamArn, streams } from "./store.ts";
import { accountOperations } from "./streams/account.ts";
import { capacityOperations } from "./streams/capacity.ts";
import { encryptionOperations } from "./streams/encryption.ts";
import { policyOperations } from "./streams/policies.ts";
import { judgeRetention } from "./streams/retention.ts";
import { streamOperations } from "./streams/streams.ts";
import { tagOperations } from "./streams/tags.ts";
import { forget, trim } from "./streams/trim.ts";
import { accountIn } from "./tokens.ts";

async function fact(ctx: Context, action: string, name: string): Promise<AccessFact> {
  const stream = await ctx.read((tx) => tx.get(streams, [name]));
  return {
    action: `kinesis:${action}`,
    resource: streamArn(ctx, name),
    owner: ctx.account,
    resourcePolicy: stream?.policy ?? null,
  };
}

const onStream = (action: string) => async (ctx: Context, input: Named) => [
  await fact(ctx, action, nameOf(input)),
];
const onResource =
  (action: string) =>
  async (ctx: Context, input: { ResourceARN?: string; ConsumerARN?: string; StreamARN?: string }) => {
    const arn = input.ResourceARN ?? input.ConsumerARN ?? input.StreamARN ?? "";
    return [await fact(ctx, action, parseArn(arn)?.resource.split("/")[1] ?? "*")];
  };
/** Access to a consumer, by its ARN and policy, if the call names one. */
const onConsumer =
  (action: string) =>
  async (ctx: Context, input: { ResourceARN?: string; ConsumerARN?: string; StreamARN?: string }) => {
    const arn = input.ResourceARN ?? input.ConsumerARN ?? "";
    if (!isConsumerArn(arn)) return onResource(action)(ctx, input);
    const consumer = await ctx.read((tx) => consumerNamed(tx, arn));
    return [
      {
        action: `kinesis:${action}`,
        resource: arn,
        owner: ctx.account,
        resourcePolicy: consumer?.policy ?? null,
      },
    ];
  };
/** Tagging of a consumer that the call creates. */
const taggingOfConsumer = (ctx: Context, { StreamARN, ConsumerName }: RegisterStreamConsumerInput) => ({
  action: "kinesis:TagResource",
  resource: consumerArn(ctx, {
    stream: nameOf({ StreamARN }),
    name: ConsumerName,
    created: ctx.clock.now(),
  }),
  owner: ctx.account,
  resourcePolicy: null,
});
const onAccount = (action: string) => () => [{ action: `kinesis:${action}`, resource: "*" }];

const access: Access<"kinesis"> = {
  CreateStream: async (ctx, input) => [
    await fact(ctx, "CreateStream", input.StreamName),
    ...(input.Tags ? [await fact(ctx, "AddTagsToStream", input.StreamName)] : []),
  ],
  DeleteStream: onStream("DeleteStream"),
  DescribeStream: onStream("DescribeStream"),
  DescribeStreamSummary: onStream("DescribeStreamSummary"),
  ListStreams: onAccount("ListStreams"),
  DescribeLimits: onAccount("DescribeLimits"),
  IncreaseStreamRetentionPeriod: onStream("IncreaseStreamRetentionPeriod"),
  DecreaseStreamRetentionPeriod: onStream("DecreaseStreamRetentionPeriod"),
  UpdateStreamMode: onStream("UpdateStreamMode"),
  UpdateStreamRecordDistributionStrategy: onStream("UpdateStreamRecordDistributionStrategy"),
  UpdateStreamWarmThroughput: onStream("UpdateStreamWarmThroughput"),
  UpdateMaxRecordSize: onStream("UpdateMaxRecordSize"),
  EnableEnhancedMonitoring: onStream("EnableEnhancedMonitoring"),
  DisableEnhancedMonitoring: onStream("DisableEnhancedMonitoring"),
  ListShards: async (ctx, input) => [await fact(ctx, "ListShards", streamOfListing(ctx, input))],
  SplitShard: onStream("SplitShard"),
  MergeShards: onStream("MergeShards"),
  UpdateShardCount: onStream("UpdateShardCount"),
  PutRecord: onStream("PutRecord"),
  PutRecords: onStream("PutRecords"),
  GetShardIterator: onStream("GetShardIterator"),
  GetRecords: async (ctx, { ShardIterator }) => [
    await fact(ctx, "GetRecords", streamOfIterator(ctx, ShardIterator)),
  ],
  AddTagsToStream: onStream("AddTagsToStream"),
  RemoveTagsFromStream: onStream("RemoveTagsFromStream"),
  ListTagsForStream: onStream("ListTagsForStream"),
  TagResource: onConsumer("TagResource"),
  UntagResource: onConsumer("UntagResource"),
  ListTagsForResource: onConsumer("ListTagsForResource"),
  PutResourcePolicy: onConsumer("PutResourcePolicy"),
  GetResourcePolicy: onConsumer("GetResourcePolicy"),
  DeleteResourcePolicy: onConsumer("DeleteResourcePolicy"),
  RegisterStreamConsumer: async (ctx, input) => [
    ...(await onResource("RegisterStreamConsumer")(ctx, input)),
    ...(input.Tags ? [taggingOfConsumer(ctx, input)] : []),
  ],
  DescribeStreamConsumer: onConsumer("DescribeStreamConsumer"),
  DeregisterStreamConsumer: onConsumer("DeregisterStreamConsumer"),
  ListStreamConsumers: onResource("ListStreamConsumers"),
  SubscribeToShard: onConsumer("SubscribeToShard"),
  StartStreamEncryption: onStream("StartStreamEncryption"),
  StopStreamEncryption: onStream("StopStreamEncryption"),
  DescribeAccountSettings: onAccount("DescribeAccountSettings"),
  UpdateAccountSettings: onAccount("UpdateAccountSettings"),
};

export const kinesis = defineService({
  id: "kinesis",
  // A stream ARN may name another account, in the Region of the call. So may a token of ListShards, which replaces the
  // stream's name.
  place({ operation, input, place }) {
    const { StreamARN, ResourceARN, ConsumerARN, NextToken } = input as Record<string, string | undefined>;
    if (operation.name === "ListShards" && NextToken !== undefined)
      return { ...place, account: accountIn(NextToken) ?? place.account };
    const arn = StreamARN ?? ResourceARN ?? ConsumerARN ?? "";
    const parts = parseArn(arn);
    if (!parts) return place;
    if (parts.region !== place.region) throw otherRegion(arn);
    return parts.account === place.account ? place : { account: parts.account, region: place.region };
  },
  operations: [
    streamOperations,
    capacityOperations,
    shardListing,
    shardOperations,
    writing,
    iterators,
    reading,
    consumerOperations,
    subscribing,
    tagOperations,
    policyOperations,
    encryptionOperations,
    accountOperations,
  ],
  jobs: [trim, forget, grow, scale],
  judge: (operation, input) => [...judgeRetention(operation, input), ...judgeKeys(operation, input)],
  access,
  dataOperations: ["PutRecord", "PutRecords", "GetShardIterator", "GetRecords", "SubscribeToShard"],
});
