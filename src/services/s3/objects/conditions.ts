import type { Context } from "#kernel/context.ts";
import { headerNotImplemented, noSuchKey, notModified, preconditionFailed } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";
import { wholeSeconds } from "../versions.ts";

/** The conditions of GET and HEAD requests, and on the source of a copy. */
export interface ReadConditions {
  ifMatch?: string;
  ifNoneMatch?: string;
  ifModifiedSince?: Date;
  ifUnmodifiedSince?: Date;
}

/** The conditions on the object that a write replaces. */
export interface WriteConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
}

/**
 * Evaluates conditions as S3 does: an ETag condition overrides the date condition of the same kind,
 * and a date in the future is ignored.
 * @returns the condition that does not hold; `unchanged` if that means that the client's copy is current
 */
export function failedCondition(
  conditions: ReadConditions,
  { etag, modified }: Pick<ObjectVersion, "etag" | "modified">,
  now: number,
): { condition: string; unchanged: boolean } | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) return { condition: "If-Match", unchanged: false };
  } else if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince.getTime()) {
    return { condition: "If-Unmodified-Since", unchanged: false };
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, etag)) return { condition: "If-None-Match", unchanged: true };
  } else if (ifModifiedSince !== undefined && isBetween(modified, ifModifiedSince.getTime(), now)) {
    return { condition: "If-Modified-Since", unchanged: true };
  }
  return undefined;
}

const isBetween = (first: number, time: number, last: number) => first <= time && time <= last;

/** @throws {AwsError} PreconditionFailed, or NotModified with `headers` */
export function checkRead(
  conditions: ReadConditions,
  version: ObjectVersion,
  now: number,
  headers: () => Record<string, string>,
): void {
  const failed = failedCondition(conditions, version, now);
  if (failed) throw failed.unchanged ? notModified(headers()) : preconditionFailed(failed.condition);
}

/**
 * Converts an If-Range header to a condition: the client wants a range if the object is
 * unchanged, else the whole object.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
export function rangeCondition(ifRange: string): ReadConditions {
  if (/^(W\/)?"/.test(ifRange)) return { ifMatch: ifRange.startsWith("W/") ? '""' : ifRange };
  const date = new Date(ifRange);
  return Number.isNaN(date.getTime()) ? { ifMatch: '""' } : { ifUnmodifiedSince: date };
}

/** Further conditions on the object that a deletion in a directory bucket removes. */
export interface StateConditions {
  IfMatchLastModifiedTime?: Date | undefined;
  IfMatchSize?: number | undefined;
}

/**
 * Checks an object's time and size, which are those of a listing: whole seconds.
 * @throws {AwsError} PreconditionFailed, NoSuchKey
 */
export function checkState(
  { IfMatchLastModifiedTime: time, IfMatchSize: size }: StateConditions,
  current: ObjectVersion | undefined,
  key: string,
): void {
  if (time === undefined && size === undefined) return;
  if (!current) throw noSuchKey(key);
  if (time !== undefined && wholeSeconds(time.getTime()) !== current.modified)
    throw preconditionFailed("x-amz-if-match-last-modified-time");
  if (size !== undefined && size !== current.size) throw preconditionFailed("x-amz-if-match-size");
}

/**
 * Validates the conditions of a write.
 * @throws {AwsError} NotImplemented for conditions that S3 does not support
 */
export function checkConditionForm({ IfMatch, IfNoneMatch }: WriteConditions): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    throw headerNotImplemented(
      "If-Match,If-None-Match",
      "Multiple conditional request headers present in the request",
    );
  }
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") throw valueNotAccepted("If-None-Match");
  if (IfMatch === "*") throw valueNotAccepted("If-Match");
}

const valueNotAccepted = (header: string) =>
  headerNotImplemented(header, `We don't accept the provided value of ${header} header for this API`);

/** Refuses conditions on dates, which writes do not support. @throws {AwsError} NotImplemented */
export function refuseDateConditions({ request }: Context): void {
  if (request === undefined) return;
  if (request.headers["if-modified-since"] !== undefined) throw headerNotImplemented("If-Modified-Since");
  if (request.headers["if-unmodified-since"] !== undefined) throw headerNotImplemented("If-Unmodified-Since");
}

/**
 * Checks the conditions of a write or deletion. A current delete marker counts as no object.
 * @throws {AwsError} PreconditionFailed, NoSuchKey
 */
export function checkWrite(
  { IfMatch, IfNoneMatch }: WriteConditions,
  current: ObjectVersion | undefined,
  key: string,
): void {
  const existing = current?.deleteMarker ? undefined : current;
  if (IfNoneMatch !== undefined && existing) throw preconditionFailed("If-None-Match");
  if (IfMatch === undefined) return;
  if (!existing) throw noSuchKey(key);
  if (!matches(IfMatch, existing.etag)) throw preconditionFailed("If-Match");
}

/** Whether a header such as `"a", "b"`, with or without quotes, or `*`, matches an ETag. */
function matches(condition: string, etag: string): boolean {
  return condition.split(",").some((one) => {
    const tag = one
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1");
    return tag === "*" || tag === etag;
  });
}
