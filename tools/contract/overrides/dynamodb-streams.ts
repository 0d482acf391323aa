import type { Override } from "../override.ts";

export default {
  // Error messages that users quote list the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // The order of members in error messages about ten structures with two or more violations:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  shapes: {
    // A short one is told to be invalid like any other that names no stream:
    // https://github.com/aws/aws-sdk-js/blob/master/test/browser.spec.coffee
    StreamArn: { min: undefined },
  },
  service: { validation: "coral-hashed" },
} satisfies Override;
