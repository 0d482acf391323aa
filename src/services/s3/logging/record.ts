import type { Exchange } from "#kernel/exchange.ts";
import { ownerOf } from "../owner.ts";
import type { Bucket } from "../store.ts";

/** What differs between the records of one call. */
export interface Entry {
  /** `REST.GET.OBJECT` */
  operation: string;
  key?: string | undefined;
  versionId?: string | undefined;
  /** The size of the whole object. */
  size?: number | undefined;
  status: number;
  errorCode?: string | undefined;
  /** For one object of a batch, or the source of a copy. The request itself has a record of its own. */
  isPartial?: boolean;
  /** The ARN of the access point by which the request came. */
  accessPoint?: string | undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A line of an access log. What is unknown or does not apply is a dash.
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
    request.sourceIp.replace(/^::ffff:/, ""),
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
    // TLS version, whether an ACL was needed, and the source Region.
    "-",
    entry.accessPoint ?? "-",
    ...["-", "-"],
  ].join(" ");
}

/** What a lifecycle rule did, without a request. */
export interface LifecycleEntry {
  /** `S3.EXPIRE.OBJECT` */
  operation: string;
  key: string;
  versionId?: string;
  size?: number;
  /** Cloud time. */
  time: number;
  requestId: string;
  hostId: string;
}

/** The fields of a request, with the values that awsdocs/amazon-s3-developer-guide#94 shows. */
export function lifecycleRecordOf(bucket: Bucket, entry: LifecycleEntry): string {
  const { operation, key, versionId = "-", size = "-", time, requestId, hostId } = entry;
  return [
    ...[ownerOf(bucket.owner).ID, bucket.name, `[${timeOf(time)}]`],
    ...["-", "AmazonS3", requestId, operation, encoded(key)],
    // Request, status, error code, bytes sent; object size; both times, referrer and user agent.
    ...['"-"', "-", "-", "-", size, "-", "-", '"-"', '"-"'],
    ...[versionId, hostId],
    // The signature, host, TLS, access point, ACL and Region of a request.
    ...["-", "-", "-", "-", "-", "-", "-", "-"],
  ].join(" ");
}

/** `06/Feb/2019:00:00:38 +0000` */
function timeOf(time: number): string {
  const [, year, month, day, clock] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date(time).toISOString())!;
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
}

/** The root of an account by its canonical user id, others by their ARN. */
function requesterOf({ principal }: Exchange): string {
  if (!principal || principal.type === "anonymous") return "-";
  return principal.type === "root" ? ownerOf(principal.account).ID : principal.arn;
}

/** The version of the signature, the cipher suite (which is not known here), and how it was sent. */
function signatureOf({ request, target }: Exchange): [string, string, string] {
  const { authorization } = request.headers;
  if (authorization !== undefined)
    return [authorization.startsWith("AWS4-") ? "SigV4" : "SigV2", "-", "AuthHeader"];
  if (/[?&]X-Amz-Signature=/i.test(target)) return ["SigV4", "-", "QueryString"];
  return /[?&]Signature=/.test(target) ? ["SigV2", "-", "QueryString"] : ["-", "-", "-"];
}

/** Most characters of one field, so that a record stays a readable line. */
const MAX_TEXT = 4_096;

const quoted = (text: string) => `"${text.slice(0, MAX_TEXT).replaceAll('"', "%22")}"`;

/** Without spaces, which end a field. */
const encoded = (text: string) =>
  text.toWellFormed().replace(/[^\w.~!*'()/:,;=@$&+-]/gu, encodeURIComponent) || "-";
