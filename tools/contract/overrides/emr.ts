import type { Override } from "../override.ts";

export default {
  shapes: {
    // The server's fault and status 500 by AWS's API reference and by the SDK's schemas; botocore's model does not say.
    InternalServerError: { error: { status: 500, fault: true } },
  },
} satisfies Override;
