import type { Override } from "../override.ts";

export default {
  shapes: {
    // A server fault with status 500 in AWS's API reference and the SDK's schemas; botocore's model lacks both.
    InternalErrorException: { error: { status: 500, fault: true } },
  },
} satisfies Override;
