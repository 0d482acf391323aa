import type { Override } from "../override.ts";

export default {
  service: {
    // EC2 answers MissingParameter, InvalidParameterValue, InvalidInstanceID.Malformed …, never with validation errors:
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    validation: "none",
  },
} satisfies Override;
