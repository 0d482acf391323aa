import type { Exchange } from "#kernel/exchange.ts";
import { ownerOf } from "../owner.ts";
import type { Bucket } from "../store.ts";

/** What a record says that is not the same for all records of an exchange. */
export interface Entry {
  /** `REST.GET.OBJECT` */
  operation: string;
  key?: string | undefined;
  versionId?: string | undefined;
  /** Bytes of the whole object. */
  size?: number | undefined;
  status: number;
  errorCode?: string | undefined;
  /** One object of a batch, or the source of a copy: the request itself has a record of its own. */
  isPartial?: boolean;
  /** The ARN of the access point by which the request came. */
  accessPoint?: string | undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A line of an access log; what is unknown or does not apply is a dash.
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
    // The version of TLS; then whether an ACL was needed, and the Region from which the request came.
    "-",
    entry.accessPoint ?? "-",
    ...["-", "-"],
  ].join(" ");
}

/** What a rule of the bucket's lifecycle did, which nobody requested. */
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

/** Fields as those of a request, as awsdocs/amazon-s3-developer-guide#94 shows them. */
export function lifecycleRecordOf(bucket: Bucket, entry: LifecycleEntry): string {
  const { operation, key, versionId = "-", size = "-", time, requestId, hostId } = entry;
  return [
    ...[ownerOf(bucket.owner).ID, bucket.name, `[${timeOf(time)}]`],
    ...["-", "AmazonS3", requestId, operation, encoded(key)],
    // What was asked, how it went and what was sent; how large the object is; how long it took, and for whom.
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

/** A root by its canonical user id, others by their ARN. */
function requesterOf({ principal }: Exchange): string {
  if (!principal || principal.type === "anonymous") return "-";
  return principal.type === "root" ? ownerOf(principal.account).ID : principal.arn;
}

/** Version of the signature, cipher suite (which the house does not know), and how it came. */
function signatureOf({ request, target }: Exchange): [string, string, string] {
  const { authorization } = request.headers;
  if (authorization !== undefined)
    return [authorization.startsWith("AWS4-") ? "SigV4" : "SigV2", "-", "AuthHeader"];
  if (/[?&]X-Amz-Signature=/i.test(target)) return ["SigV4", "-", "QueryString"];
  return /[?&]Signature=/.test(target) ? ["SigV2", "-", "QueryString"] : ["-", "-", "-"];
}

/** Characters of one field: a record is a line to read. */
const MOST_TEXT = 4_096;

const quoted = (text: string) => `"${text.slice(0, MOST_TEXT).replaceAll('"', "%22")}"`;

/** Without blanks, which end a field. */
const encoded = (text: string) =>
  text.toWellFormed().replace(/[^\w.~!*'()/:,;=@$&+-]/gu, encodeURIComponent) || "-";
