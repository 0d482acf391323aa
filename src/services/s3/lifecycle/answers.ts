import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Bucket, ObjectVersion, Upload } from "../store.ts";
import { abortOf } from "./due.ts";
import { matches } from "./filter.ts";
import { dueAt, type LifecycleDocument, lifecycles, rulesOf } from "./rules.ts";

/**
 * Returns when and by which rule an object expires, for responses about the current version.
 * Characters that a header cannot carry are encoded.
 */
export function expirationOf(
  tx: ReadTransaction,
  bucket: Bucket,
  version: ObjectVersion,
): MaybePromise<string | undefined> {
  if (bucket.zone !== undefined) return NOT_IN_DIRECTORIES;
  if (!bucket.lifecycle) return undefined;
  return whenReady(lifecycles.get(tx, bucket), (document) => {
    const found = document && expirationBy(document, version);
    if (!found) return undefined;
    const id = found.id.replace(/[^\x20-\x7e]+|"/gu, encodeURIComponent);
    return `expiry-date="${new Date(found.due).toUTCString()}", rule-id="${id}"`;
  });
}

/** What directory buckets answer for every object. */
const NOT_IN_DIRECTORIES = "NotImplemented";

interface Expiration {
  /** The ID of the rule. */
  id: string;
  due: number;
}

/** Of several rules, the earliest applies, and of those with equal times the first. */
export function expirationBy(document: LifecycleDocument, version: ObjectVersion): Expiration | undefined {
  let first: Expiration | undefined;
  for (const { id, filter, expiration } of rulesOf(document)) {
    if (!expiration || !matches(filter, version)) continue;
    const due = dueAt(expiration, version.modified);
    if (!first || due < first.due) first = { id, due };
  }
  return first;
}

/** Returns when and by which rule an upload will be aborted, which directory buckets do not tell. */
export async function abortMembers(
  tx: ReadTransaction,
  bucket: Bucket,
  { key, initiated }: Pick<Upload, "key" | "initiated">,
) {
  const document = bucket.lifecycle && bucket.zone === undefined && (await lifecycles.get(tx, bucket));
  const abort = document && abortOf(rulesOf(document), key, initiated);
  return abort && { AbortDate: new Date(abort.due), AbortRuleId: abort.rule };
}
