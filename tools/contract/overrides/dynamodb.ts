import type { Override } from "../override.ts";

export default {
  // Error messages that users quote list the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // The order of members in error messages about ten structures with two or more violations:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  service: { validation: "coral-hashed" },
  shapes: {
    // An ARN that is too short is reported as malformed, like any other text: DescribeBackup in the same list.
    BackupArn: { min: undefined },
    // The lengths of attribute names and of their placeholders have error messages of DynamoDB's own:
    // https://github.com/ExtendDB/extenddb/issues/365
    AttributeMap: { key: "$string" },
    ExpressionAttributeNameMap: { value: "$string" },
    Key: { key: "$string" },
    MapAttributeValue: { key: "$string" },
    PutItemInputAttributeMap: { key: "$string" },
  },
} satisfies Override;
