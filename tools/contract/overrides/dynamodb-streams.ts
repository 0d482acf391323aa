import type { Override } from "../override.ts";

export default {
  // Error messages that users quote list the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // The order of members in error messages about ten structures with two or more violations:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  service: { validation: "coral-hashed" },
  shapes: {
    // An ARN that is too short is reported as invalid, like any other text that is not the ARN of a stream:
    // https://github.com/aws/aws-sdk-js/blob/master/test/browser.spec.coffee
    StreamArn: { min: undefined },
  },
} satisfies Override;
