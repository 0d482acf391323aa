import type { Override } from "../override.ts";

export default {
  // Messages of refusal that people quote have the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // So were told the members of ten structures that break two rules or more:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  service: { validation: "coral-hashed" },
  shapes: {
    // What is too short for one is told to be none, as any other text: DescribeBackup in the same list.
    BackupArn: { min: undefined },
    // The length of names in items and of those that stand for them is told in words of DynamoDB's own:
    // https://github.com/ExtendDB/extenddb/issues/365
    AttributeMap: { key: "$string" },
    ExpressionAttributeNameMap: { value: "$string" },
    Key: { key: "$string" },
    MapAttributeValue: { key: "$string" },
    PutItemInputAttributeMap: { key: "$string" },
  },
} satisfies Override;
