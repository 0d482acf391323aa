import type { Exchange } from "#kernel/calls/exchange.ts";
import { ownerOf } from "../owner.ts";
import type { Bucket } from "../store.ts";

/** The fields that differ between the records of one call. */
export interface Entry {
  /** The operation, such as `REST.GET.OBJECT`. */
  operation: string;
  key?: string | undefined;
  versionId?: string | undefined;
  /** The size of the whole object. */
  size?: number | undefined;
  status: number;
  errorCode?: string | undefined;
  /** Set for one object of a batch and for the source of a copy; the request itself has a separate record. */
  isPartial?: boolean;
  /** The ARN of the access point through which the request was made. */
  accessPoint?: string | undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Returns a line of an access log. Fields that are unknown or do not apply are dashes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function recordOf(bucket: Bucket, exchange: Exchange, entry: Entry): string {
  const { request, meta } = exchange;
  const { headers } = request;
  const own = entry.isPartial ? undefined : exchange;
  return [
    ownerOf(bucket.owner).ID,
    bucket.name,
    `[${timeOf(exchange.received)}]`,
    request.sourceIp,
    requesterOf(exchange),
    meta.requestId,
    entry.operation,
    entry.key === undefined ? "-" : encoded(entry.key),
    own ? quoted(`${request.method} ${own.target} HTTP/${own.httpVersion}`) : "-",
    entry.status,
    entry.errorCode ?? "-",
    own?.sent || "-",
    entry.size ?? "-",
    own ? Math.ceil(own.took) : "-",
    own ? Math.ceil(own.took) : "-",
    own ? quoted(headers.referer ?? "-") : "-",
    own ? quoted(request.userAgent || "-") : "-",
    entry.versionId ?? "-",
    meta.hostId,
    ...signatureOf(exchange),
    encoded(request.host),
    // The TLS version; below, whether an ACL was required, and the source Region.
    "-",
    entry.accessPoint ?? "-",
    ...["-", "-"],
  ].join(" ");
}

/** A lifecycle action, which has no request. */
export interface LifecycleEntry {
  /** The operation, such as `S3.EXPIRE.OBJECT`. */
  operation: string;
  key: string;
  versionId?: string;
  size?: number;
  /** Cloud time. */
  time: number;
  requestId: string;
  hostId: string;
}

/**
 * Returns a line for a lifecycle action, with the fields of a request as shown in
 * awsdocs/amazon-s3-developer-guide#94.
 */
export function lifecycleRecordOf(bucket: Bucket, entry: LifecycleEntry): string {
  const { operation, key, versionId = "-", size = "-", time, requestId, hostId } = entry;
  return [
    ...[ownerOf(bucket.owner).ID, bucket.name, `[${timeOf(time)}]`],
    ...["-", "AmazonS3", requestId, operation, encoded(key)],
    // Request, status, error code, bytes sent, object size, both durations, referrer, and user agent.
    ...['"-"', "-", "-", "-", size, "-", "-", '"-"', '"-"'],
    ...[versionId, hostId],
    // The signature, host, TLS version, access point, ACL requirement, and source Region.
    ...["-", "-", "-", "-", "-", "-", "-", "-"],
  ].join(" ");
}

/** Formats a time as in `06/Feb/2019:00:00:38 +0000`. */
function timeOf(time: number): string {
  const [, year, month, day, clock] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date(time).toISOString())!;
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
}

/** Returns the canonical user id for the root user of an account, and the ARN for other callers. */
function requesterOf({ principal }: Exchange): string {
  if (!principal || principal.type === "anonymous") return "-";
  return principal.type === "root" ? ownerOf(principal.account).ID : principal.arn;
}

/** Returns the signature version, the cipher suite (which is not known here), and the authentication type. */
function signatureOf({ request, target }: Exchange): [string, string, string] {
  const { authorization } = request.headers;
  if (authorization !== undefined)
    return [authorization.startsWith("AWS4-") ? "SigV4" : "SigV2", "-", "AuthHeader"];
  if (/[?&]X-Amz-Signature=/i.test(target)) return ["SigV4", "-", "QueryString"];
  return /[?&]Signature=/.test(target) ? ["SigV2", "-", "QueryString"] : ["-", "-", "-"];
}

/** The maximum number of characters in a quoted field, which limits the length of a record. */
const MAX_TEXT = 4_096;

const quoted = (text: string) => `"${text.slice(0, MAX_TEXT).replaceAll('"', "%22")}"`;

/** Encodes a field, including its spaces, since a space ends a field. */
const encoded = (text: string) =>
  text.toWellFormed().replace(/[^\w.~!*'()/:,;=@$&+-]/gu, encodeURIComponent) || "-";
