import type { Override } from "../override.ts";

/** What can be called on trial. */
const DRY = ["GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"];

export default {
  // Messages of refusal that people quote have the values of every enumeration in this order.
  enumsHashed: true,
  // Where a call breaks several rules, messages that people quote tell of its members in this order: of `PutRecord`
  // first SequenceNumberForOrdering, then PartitionKey, ExplicitHashKey, Data, StreamName.
  membersHashed: true,
  // A message that people quote prints more than 500 records, with the members of each by name; none tells of several
  // rules that one record breaks.
  ordered: { PutRecordsRequestEntry: ["Data", "ExplicitHashKey", "PartitionKey"] },
  shapes: {
    // Since records may be distributed without a key:
    // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
    PutRecordInput: { required: ["Data"] },
    PutRecordsRequestEntry: { required: ["Data"] },
    Record: { required: ["SequenceNumber", "Data"] },
    // Once a shard has ended and all of it is told, ContinuationSequenceNumber is missing:
    // https://github.com/awslabs/amazon-kinesis-client/pull/1744
    SubscribeToShardEvent: { required: ["Records", "MillisBehindLatest"] },
  },
  // What the SDKs of 2026 have, and this release of botocore does not.
  added: {
    "CreateStreamInput.RecordDistributionStrategy": ["RecordDistributionStrategy", {}],
    "StreamDescriptionSummary.RecordDistributionStrategy": ["RecordDistributionStrategy", {}],
    ...Object.fromEntries(DRY.map((operation) => [`${operation}Input.DryRun`, ["$boolean", {}] as const])),
  },
  faults: Object.fromEntries(DRY.map((operation) => [operation, ["DryRunOperationException"]])),
  younger: {
    operations: {
      CreateChannel: {},
      DeleteChannel: {},
      DescribeChannel: {},
      ListChannels: {},
      UpdateChannel: {},
      UpdateStreamRecordDistributionStrategy: {
        input: "UpdateStreamRecordDistributionStrategyInput",
        errors: [
          "AccessDeniedException",
          "InvalidArgumentException",
          "LimitExceededException",
          "ResourceInUseException",
          "ResourceNotFoundException",
          "ValidationException",
        ],
      },
    },
    shapes: {
      DryRunOperationException: { type: "structure", members: { message: "$string" }, error: {} },
      RecordDistributionStrategy: { type: "string", enum: ["AUTO", "USER_PARTITION_KEY"] },
      UpdateStreamRecordDistributionStrategyInput: {
        type: "structure",
        members: {
          StreamARN: "StreamARN",
          StreamId: "StreamId",
          RecordDistributionStrategy: "RecordDistributionStrategy",
        },
        required: ["StreamARN", "RecordDistributionStrategy"],
      },
    },
  },
  service: {
    // The AWS SDK for Java sends CBOR (`application/x-amz-cbor-1.1` with an `X-Amz-Target`) to Kinesis unless its
    // setting `cborEnabled` is off; the model does not say so.
    protocols: ["awsJson1_1", "rpcv2Cbor"],
  },
} satisfies Override;
