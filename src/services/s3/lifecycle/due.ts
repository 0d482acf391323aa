import { DAY_MS, midnightAfter, NEVER } from "../days.ts";
import { isProtected } from "../lock/retention.ts";
import type { ArchiveTier } from "../storage-classes/archive.ts";
import { classOf, KB, type StorageClassName } from "../storage-classes/classes.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { tierOf } from "../tiering/due.ts";
import { type Filter, matches } from "./filter.ts";
import type { Plan } from "./plan.ts";
import { dueAt, type LifecycleDocument, type Rule } from "./rules.ts";

/** A version and its position among the versions of its key. */
export interface Subject {
  version: ObjectVersion;
  latest: boolean;
  /** Whether it is the only version of its key. */
  alone: boolean;
  /** When the version became noncurrent; zero for the latest version. */
  noncurrentSince: number;
  /** The number of newer noncurrent versions of the key, without delete markers. */
  newer: number;
}

export type Action =
  /** Permanently deletes the version. */
  | { does: "remove" }
  /** Hides the version behind a delete marker. */
  | { does: "hide" }
  | { does: "transition"; to: StorageClassName }
  /** Moves the version to an archive tier of INTELLIGENT_TIERING. */
  | { does: "tier"; to: ArchiveTier };

export interface Decision {
  action?: Action;
  /** When another action may be due; `NEVER` if only a change can make one due. */
  next: number;
}

/**
 * Returns the action that is due for a version by the lifecycle rules, or else by the tiering configurations.
 */
export function decide(plan: Plan, subject: Subject, now: number): Decision {
  const decision = decideByRules(plan, subject, now);
  if (decision.action || plan.tierings.length === 0) return decision;
  const { to, next } = tierOf(plan.tierings, subject.version, now);
  return { action: to && { does: "tier", to }, next: Math.min(decision.next, next) };
}

/**
 * Returns the action that is due by the rules, at most one per day: permanent deletion takes precedence over
 * a transition, and a transition over a delete marker.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
 */
function decideByRules({ rules, minimum, bucket }: Plan, subject: Subject, now: number): Decision {
  const matching = rules.filter(({ filter }) => matches(filter, subject.version));
  if (matching.length === 0) return { next: NEVER };
  const expires = expiryOf(matching, bucket, subject, now);
  if (expires.due <= now && expires.does === "remove") return { action: { does: "remove" }, next: NEVER };
  const transition = subject.version.deleteMarker
    ? { next: NEVER }
    : transitionOf(matching, minimum, subject, now);
  if (transition.to) return { action: { does: "transition", to: transition.to }, next: midnightAfter(now) };
  if (expires.due <= now) return { action: { does: "hide" }, next: NEVER };
  return { next: Math.min(expires.due, transition.next) };
}

interface Expiry {
  does: "remove" | "hide";
  due: number;
}

function expiryOf(rules: readonly Rule[], bucket: Bucket, subject: Subject, now: number): Expiry {
  const { version, latest } = subject;
  if (!latest) return { does: "remove", due: noncurrentEnd(rules, subject, now) };
  if (version.deleteMarker) return { does: "remove", due: subject.alone ? markerEnd(rules, version) : NEVER };
  const due = Math.min(NEVER, ...ends(rules, version.modified));
  return { does: bucket.versioning === undefined ? "remove" : "hide", due };
}

const ends = (rules: readonly Rule[], start: number) =>
  rules.map(({ expiration }) => (expiration ? dueAt(expiration, start) : NEVER));

function markerEnd(rules: readonly Rule[], { modified }: ObjectVersion): number {
  return Math.min(
    ...rules.map(({ expiresMarkers }) => (expiresMarkers ? 0 : NEVER)),
    ...ends(rules, modified),
  );
}

/**
 * Returns when a noncurrent version expires. A locked version is deleted at the first
 * midnight after its lock has ended.
 */
function noncurrentEnd(
  rules: readonly Rule[],
  { version, noncurrentSince, newer }: Subject,
  now: number,
): number {
  const due = Math.min(
    ...rules.map(({ noncurrentExpiration: end }) =>
      end && newer >= end.keep ? dueAt(end, noncurrentSince) : NEVER,
    ),
  );
  if (version.deleteMarker || due === NEVER || !isProtected(version, Math.max(due, now))) return due;
  return version.legalHold === "ON" ? NEVER : midnightAfter(version.retention!.until - 1);
}

/** Storage classes by coldness. Transitions only lead to colder classes, and not to all of them. */
const COLDNESS: Record<StorageClassName, number> = {
  STANDARD: 0,
  REDUCED_REDUNDANCY: 0,
  STANDARD_IA: 1,
  INTELLIGENT_TIERING: 2,
  ONEZONE_IA: 3,
  GLACIER_IR: 4,
  GLACIER: 5,
  DEEP_ARCHIVE: 6,
  // No rule leads out of directory buckets.
  EXPRESS_ONEZONE: Number.POSITIVE_INFINITY,
};

/**
 * Whether a transition between two classes is supported.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
function canTransition(from: StorageClassName, to: StorageClassName): boolean {
  if (from === "ONEZONE_IA" && to === "GLACIER_IR") return false;
  return COLDNESS[to] > COLDNESS[from];
}

const MIN_BYTES = 128 * KB;

/**
 * Whether an object is large enough for a transition. Transitions of small objects cost more than they save,
 * so S3 skips them unless the rule has a filter on size.
 */
function isLargeEnough(
  { above, below }: Filter,
  minimum: LifecycleDocument["minimum"],
  size: number,
  to: StorageClassName,
): boolean {
  if (above !== undefined || below !== undefined || size >= MIN_BYTES) return true;
  return minimum === "varies_by_storage_class" && (to === "GLACIER" || to === "DEEP_ARCHIVE");
}

function transitionOf(
  rules: readonly Rule[],
  minimum: LifecycleDocument["minimum"],
  { version, latest, noncurrentSince, newer }: Subject,
  now: number,
): { to?: StorageClassName; next: number } {
  const from = classOf(version);
  const possible: { to: StorageClassName; due: number }[] = [];
  for (const { filter, transitions, noncurrentTransitions } of rules) {
    const steps = latest
      ? transitions.map((step) => ({ to: step.to, due: dueAt(step, version.modified) }))
      : noncurrentTransitions
          .filter(({ keep }) => newer >= keep)
          .map((step) => ({ to: step.to, due: dueAt(step, noncurrentSince) }));
    possible.push(
      ...steps.filter(
        ({ to }) => canTransition(from, to) && isLargeEnough(filter, minimum, version.size, to),
      ),
    );
  }
  const due = possible.filter((step) => step.due <= now);
  const best = due.reduce<StorageClassName | undefined>(
    (best, { to }) => (best === undefined || preference(to) > preference(best) ? to : best),
    undefined,
  );
  return { to: best, next: Math.min(NEVER, ...possible.map((step) => step.due)) };
}

/**
 * The precedence of a transition: the coldest class wins, but INTELLIGENT_TIERING
 * precedes all non-archive classes.
 */
const preference = (to: StorageClassName): number =>
  to === "INTELLIGENT_TIERING" ? COLDNESS.GLACIER - 0.5 : COLDNESS[to];

/** Returns the rule that is the first to abort an upload, and when it does. */
export function abortOf(rules: readonly Rule[], key: string, initiated: number) {
  let first: { rule: string; due: number } | undefined;
  for (const { id, filter, abortAfter } of rules) {
    if (abortAfter === undefined || !matches(filter, { key })) continue;
    const due = midnightAfter(initiated + abortAfter * DAY_MS);
    if (!first || due < first.due) first = { rule: id, due };
  }
  return first;
}
