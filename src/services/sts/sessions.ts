import type * as Sts from "#aws/contract/types/sts.ts";
import { AwsError } from "#aws/errors.ts";
import { isSessionKey, issueSession } from "#kernel/calls/session.ts";
import type { Handlers } from "#kernel/service.ts";

const denied = (message: string) => new AwsError("AccessDenied", message, { status: 403 });

/** Rejects all MFA devices, since these are registered with IAM, which does not exist yet. */
function checkDevice({ SerialNumber, TokenCode }: Sts.GetSessionTokenRequest): void {
  if (SerialNumber === undefined && TokenCode === undefined) return;
  if (SerialNumber === undefined || TokenCode === undefined)
    throw denied(
      "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    );
  throw denied(
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
  );
}

/** Session durations in seconds: the maximum for the root user, and the default. */
const MAX_ROOT_SESSION = 3_600;
const DEFAULT_SESSION = 43_200;

export const sessions = {
  async GetSessionToken(ctx, input) {
    const { principal } = ctx;
    if (isSessionKey(principal.accessKeyId ?? ""))
      throw denied("Cannot call GetSessionToken with session credentials");
    checkDevice(input);
    const maxSeconds = principal.type === "root" ? MAX_ROOT_SESSION : Number.POSITIVE_INFINITY;
    const seconds = Math.min(input.DurationSeconds ?? DEFAULT_SESSION, maxSeconds);
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
