import { AwsError } from "#aws/errors.ts";
import type { Handlers } from "#kernel/service.ts";
import { isSessionKey, issueSession } from "#kernel/session.ts";

/** Seconds. A root's session ends after an hour, whatever it asks for. */
const ROOT_SESSION = 3_600;
const USER_SESSION = 43_200;

export const sessions = {
  async GetSessionToken(ctx, input) {
    const { principal } = ctx;
    if (isSessionKey(principal.accessKeyId ?? "")) {
      throw new AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", {
        status: 403,
      });
    }
    // A device is registered with IAM; there is none to ask yet, so none can be right.
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw new AwsError(
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        {
          status: 403,
        },
      );
    }
    const longest = principal.type === "root" ? ROOT_SESSION : Number.POSITIVE_INFINITY;
    const seconds = Math.min(input.DurationSeconds ?? USER_SESSION, longest);
    const session = issueSession(ctx, principal, seconds * 1_000);
    return {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secret,
        SessionToken: session.token,
        Expiration: new Date(session.expires),
      },
    };
  },
} satisfies Handlers<"sts">;
