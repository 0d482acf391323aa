import type { AwsError } from "#aws/errors.ts";

/**
 * The reason why an event was not delivered, as in EventBridge's dead letters, which do not have the target's error.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function failureOf({ code, status }: AwsError): string {
  if (code === "NotImplemented") return code;
  const [, failure] = FAILURES.find(([codes]) => codes.test(code)) ?? [];
  return failure ?? (status >= 500 ? "ERROR_FROM_TARGET" : "SDK_CLIENT_ERROR");
}

const FAILURES: readonly [codes: RegExp, failure: string][] = [
  [/NotFound|NonExistent|DoesNotExist|NoSuch/, "NO_RESOURCE"],
  [/AccessDenied|AuthorizationError|NotAuthorized|Unauthorized/, "NO_PERMISSIONS"],
  [/Throttl|TooManyRequests|ThroughputExceeded/, "THROTTLING"],
  [/LimitExceeded|QuotaExceeded/, "RESOURCE_LIMIT_EXCEEDED"],
  [/AlreadyExists/, "RESOURCE_ALREADY_EXISTS"],
  [/Validation|Invalid|Missing/, "INVALID_PARAMETER"],
];
