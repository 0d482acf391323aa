import type { Context } from "#kernel/context.ts";
import { headerNotImplemented, noSuchKey, notModified, preconditionFailed } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";

/** Conditions of GET and HEAD, or on the source of a copy. */
export interface ReadConditions {
  ifMatch?: string;
  ifNoneMatch?: string;
  ifModifiedSince?: Date;
  ifUnmodifiedSince?: Date;
}

/** Conditions on what a write replaces. */
export interface WriteConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
}

/**
 * Judges conditions as S3 does: an ETag that matches makes the date beside it irrelevant, and a date in the future asks
 * for nothing.
 * @returns the condition that does not hold; `unchanged` where it only asks whether there is something new
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
 * An If-Range header as a condition: the caller wants a part of the object that it knows, and the whole of any other.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
export function rangeCondition(ifRange: string): ReadConditions {
  if (/^(W\/)?"/.test(ifRange)) return { ifMatch: ifRange.startsWith("W/") ? '""' : ifRange };
  const date = new Date(ifRange);
  return Number.isNaN(date.getTime()) ? { ifMatch: '""' } : { ifUnmodifiedSince: date };
}

/** @throws {AwsError} NotImplemented for conditions that S3 does not know */
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

/** Writes can have conditions on ETags only. @throws {AwsError} NotImplemented */
export function refuseDateConditions({ request }: Context): void {
  if (request === undefined) return;
  if (request.headers["if-modified-since"] !== undefined) throw headerNotImplemented("If-Modified-Since");
  if (request.headers["if-unmodified-since"] !== undefined) throw headerNotImplemented("If-Unmodified-Since");
}

/**
 * Checks what a write replaces or deletes. A current delete marker counts as no object.
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

/** `"a", "b"`, with or without quotes, or `*`. */
function matches(condition: string, etag: string): boolean {
  return condition.split(",").some((one) => {
    const tag = one
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1");
    return tag === "*" || tag === etag;
  });
}
