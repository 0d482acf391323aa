import type { Override } from "../override.ts";

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
    // Once a shard has ended and all of it is told, ContinuationSequenceNumber is missing:
    // https://github.com/awslabs/amazon-kinesis-client/pull/1744
    SubscribeToShardEvent: { required: ["Records", "MillisBehindLatest"] },
  },
  service: {
    // The AWS SDK for Java sends CBOR (`application/x-amz-cbor-1.1` with an `X-Amz-Target`) to Kinesis unless its
    // setting `cborEnabled` is off; the model does not say so.
    protocols: ["awsJson1_1", "rpcv2Cbor"],
  },
} satisfies Override;
