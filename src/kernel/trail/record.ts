import type { AwsError } from "#aws/errors.ts";
import type { Call } from "../calls/invoke.ts";
import type { Principal } from "../calls/principal.ts";
import type { TrailRecord } from "./rows.ts";

/**
 * Characters of one text, and of all parameters or the whole response together: records are meant to be read
 * by people.
 */
const MAX_TEXT = 1_024;
const MAX_TEXTS = 4_096;
const READ_VERBS = /^(Get|List|Describe|Head|Lookup|Search|Query|Scan|Batch(Get|Describe))/;

/** Formats a call as a CloudTrail record: user guide, "CloudTrail record contents". */
export function recordOf(
  call: Call,
  output: object | undefined,
  error: AwsError | undefined,
  time: number,
  eventID: string,
): TrailRecord {
  const { operation, principal, place, request } = call;
  const readOnly = READ_VERBS.test(operation.name);
  return {
    eventVersion: "1.11",
    userIdentity: identity(principal),
    eventTime: time,
    eventSource: `${operation.contract.signingName}.amazonaws.com`,
    eventName: operation.name,
    awsRegion: place.region,
    sourceIPAddress: request?.sourceIp ?? principal.id,
    userAgent: (request?.userAgent ?? principal.id).slice(0, MAX_TEXT),
    ...(error && { errorCode: error.code, errorMessage: error.message.slice(0, MAX_TEXT) }),
    requestParameters: readable(call.input),
    responseElements: readOnly || !output ? null : readable(output),
    requestID: call.requestId,
    eventID,
    readOnly,
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: place.account,
    eventCategory: "Management",
  };
}

function identity(principal: Principal) {
  if (principal.type === "service") return { type: "AWSService", invokedBy: principal.id };
  if (principal.type === "anonymous")
    return { type: "AWSAccount", principalId: "", accountId: "ANONYMOUS_PRINCIPAL" };
  return {
    type: { root: "Root", user: "IAMUser", role: "AssumedRole" }[principal.type],
    principalId: principal.id,
    arn: principal.arn,
    accountId: principal.account,
    accessKeyId: principal.accessKeyId,
  };
}

/** The first level only, without secrets and bytes. */
function readable(value: object): Record<string, unknown> | null {
  const out: Record<string, unknown> = {};
  let room = MAX_TEXTS;
  for (const [name, field] of Object.entries(value)) {
    if (/secret|password|token|credential/i.test(name)) out[name] = "HIDDEN_DUE_TO_SECURITY_REASONS";
    else if (typeof field === "string") {
      const text = field.slice(0, Math.min(MAX_TEXT, room));
      out[name] = text;
      room -= text.length;
    } else if (typeof field === "number" || typeof field === "boolean") out[name] = field;
    else if (field instanceof Date) out[name] = field.toISOString();
  }
  return Object.keys(out).length > 0 ? out : null;
}
