import { type AccessFact, passRoleFacts } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { defineService } from "#kernel/service.ts";
import { deliver } from "./delivery/deliver.ts";
import { writing } from "./records/put.ts";
import { follow } from "./source.ts";
import { streamArn } from "./store.ts";
import { encryptionOperations } from "./streams/encryption.ts";
import { streamOperations } from "./streams/streams.ts";
import { tagOperations } from "./streams/tags.ts";

interface Named {
  DeliveryStreamName: string;
}

const fact = (ctx: Context, action: string, name: string): AccessFact => ({
  action: `firehose:${action}`,
  resource: streamArn(ctx, name),
});
const onStream =
  (action: string) =>
  (ctx: Context, { DeliveryStreamName }: Named) => [fact(ctx, action, DeliveryStreamName)];
/** Configuring a destination requires `iam:PassRole` for its roles. */
const withRoles = (action: string) => (ctx: Context, input: Named) => [
  fact(ctx, action, input.DeliveryStreamName),
  ...passRoleFacts(rolesOf(input)),
];

/** The roles of the source, the destination and the backup. */
function rolesOf(input: object): string[] {
  const roles = new Set<string>();
  JSON.stringify(input, (name, value: unknown) => {
    if (name === "RoleARN" && typeof value === "string") roles.add(value);
    return value instanceof Uint8Array ? undefined : value;
  });
  return [...roles];
}

export const firehose = defineService({
  id: "firehose",
  operations: [streamOperations, writing, encryptionOperations, tagOperations],
  jobs: [deliver, follow],
  access: {
    CreateDeliveryStream: (ctx, input) => [
      ...withRoles("CreateDeliveryStream")(ctx, input),
      ...(input.Tags ? [fact(ctx, "TagDeliveryStream", input.DeliveryStreamName)] : []),
    ],
    DescribeDeliveryStream: onStream("DescribeDeliveryStream"),
    ListDeliveryStreams: () => [{ action: "firehose:ListDeliveryStreams", resource: "*" }],
    DeleteDeliveryStream: onStream("DeleteDeliveryStream"),
    UpdateDestination: withRoles("UpdateDestination"),
    PutRecord: onStream("PutRecord"),
    PutRecordBatch: onStream("PutRecordBatch"),
    StartDeliveryStreamEncryption: onStream("StartDeliveryStreamEncryption"),
    StopDeliveryStreamEncryption: onStream("StopDeliveryStreamEncryption"),
    TagDeliveryStream: onStream("TagDeliveryStream"),
    UntagDeliveryStream: onStream("UntagDeliveryStream"),
    ListTagsForDeliveryStream: onStream("ListTagsForDeliveryStream"),
  },
  dataOperations: ["PutRecord", "PutRecordBatch"],
});
