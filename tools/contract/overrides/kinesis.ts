import type { Override } from "../override.ts";

export default {
  // Messages of refusal that people quote have the values of every enumeration in this order.
  enumsHashed: true,
  service: {
    // The AWS SDK for Java sends CBOR (`application/x-amz-cbor-1.1` with an `X-Amz-Target`) to Kinesis unless its
    // setting `cborEnabled` is off; the model does not say so.
    protocols: ["awsJson1_1", "rpcv2Cbor"],
  },
} satisfies Override;
