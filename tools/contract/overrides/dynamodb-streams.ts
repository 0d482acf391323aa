import type { Override } from "../override.ts";

export default {
  // Messages of refusal that people quote have the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // So were told the members of ten structures that break two rules or more:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  service: { validation: "coral-hashed" },
} satisfies Override;
