import type { Override } from "../override.ts";

/** Operations with a dry run. */
const DRY = ["GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"];

export default {
  // Error messages that users quote list the values of every enumeration in this order.
  enumsHashed: true,
  // Error messages about several violations list the members in this order: for `PutRecord`
  // SequenceNumberForOrdering, PartitionKey, ExplicitHashKey, Data, StreamName.
  membersHashed: true,
  // An error message that users quote prints more than 500 records, with the members of each in alphabetical order; none
  // reports several violations of one record.
  ordered: { PutRecordsRequestEntry: ["Data", "ExplicitHashKey", "PartitionKey"] },
  shapes: {
    // Optional since records can be distributed without a key:
    // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
    PutRecordInput: { required: ["Data"] },
    PutRecordsRequestEntry: { required: ["Data"] },
    Record: { required: ["SequenceNumber", "Data"] },
    // ContinuationSequenceNumber is absent at the end of a closed shard:
    // https://github.com/awslabs/amazon-kinesis-client/pull/1744
    SubscribeToShardEvent: { required: ["Records", "MillisBehindLatest"] },
  },
  // Members of the SDKs of 2026 that this release of botocore lacks.
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
    // setting `cborEnabled` is off; the model does not mention it.
    protocols: ["awsJson1_1", "rpcv2Cbor"],
  },
} satisfies Override;
