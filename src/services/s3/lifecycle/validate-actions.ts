import type { LifecycleExpiration, LifecycleRule, Transition } from "#aws/contract/types/s3.ts";
import { isMidnight } from "../days.ts";
import { malformedXml } from "../errors.ts";
import {
  classTwice,
  expiresTooSoon,
  leavesTooSoon,
  mixedActions,
  mixedTransitions,
  negative,
  noAction,
  notForSizes,
  notForTags,
  notMidnight,
  notPositive,
  tooManyNewer,
  tooSoonForClass,
} from "./errors.ts";
import { described, filterOf } from "./filter.ts";

const MIN_DAYS = 30;
/** The maximum number of noncurrent versions that a rule can retain. */
const MAX_NEWER = 100;

/** A transition, with its days or its date as a number for comparison. */
interface Step {
  at: number;
  to: string;
}

/** @throws {AwsError} */
export function checkActions(rule: LifecycleRule): void {
  const { Expiration: expiration, AbortIncompleteMultipartUpload: abort } = rule;
  const { Transitions: transitions = [], NoncurrentVersionTransitions: noncurrent = [] } = rule;
  const expirations = [expiration, rule.NoncurrentVersionExpiration, abort];
  if (!expirations.some(Boolean) && transitions.length + noncurrent.length === 0) throw noAction();
  if (expiration) checkExpiration(expiration);
  checkReach(rule);
  if (abort)
    checkPositive(abort.DaysAfterInitiation, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
  checkTransitions(rule);
  checkNoncurrent(rule);
}

/** Checks an expiration, which must have exactly one member. */
function checkExpiration({
  Days: days,
  Date: date,
  ExpiredObjectDeleteMarker: markers,
}: LifecycleExpiration) {
  if ([days, date, markers].filter((member) => member !== undefined).length !== 1) throw malformedXml();
  if (days !== undefined) checkPositive(days, "Days", "Expiration");
  if (date !== undefined && !isMidnight(date.getTime())) throw notMidnight(date);
}

/** Refuses filters by tags or size on actions for delete markers and uploads, which have neither. */
function checkReach(rule: LifecycleRule): void {
  const { tags, above, below } = filterOf(rule);
  const actions = [
    rule.Expiration?.ExpiredObjectDeleteMarker !== undefined && "ExpiredObjectDeleteMarker",
    rule.AbortIncompleteMultipartUpload && "AbortIncompleteMultipartUpload",
  ].filter((action) => typeof action === "string");
  for (const action of actions) {
    if (tags.length > 0) throw notForTags(action);
    if (above !== undefined || below !== undefined) throw notForSizes(action);
  }
}

function checkPositive(value: number | undefined, member: string, action: string): void {
  if (value === undefined) throw malformedXml();
  if (value < 1) throw notPositive(member, action);
}

function checkTransitions(rule: LifecycleRule): void {
  const { Transitions: transitions = [], Expiration: expiration } = rule;
  if (transitions.length === 0) return;
  const of = described(rule);
  for (const transition of transitions) checkTransition(transition);
  const [member, other] =
    transitions[0]!.Days === undefined ? (["Date", "Days"] as const) : (["Days", "Date"] as const);
  if (transitions.some((transition) => transition[member] === undefined)) throw mixedTransitions(of);
  if (expiration?.[other] !== undefined) throw mixedActions(of);
  const steps = transitions.map((transition) => ({
    at: Number(transition[member]),
    to: transition.StorageClass!,
  }));
  checkSteps(steps, "Transition", of);
  const end = expiration?.[member];
  if (end !== undefined && steps.some(({ at }) => at >= Number(end)))
    throw expiresTooSoon(member, "Expiration", "Transition", of);
  if (member === "Days") checkStay(steps, "Days", "Transition", of);
}

/** A transition has either days or a date. */
function checkTransition({ Days: days, Date: date, StorageClass: to }: Transition): void {
  if (to === undefined || (days === undefined) === (date === undefined)) throw malformedXml();
  if (date !== undefined && !isMidnight(date.getTime())) throw notMidnight(date);
  if (days === undefined) return;
  if (days < 0) throw negative("Days", "Transition");
  checkMinDays(days, to, "Days", "Transition");
}

function checkNoncurrent(rule: LifecycleRule): void {
  const { NoncurrentVersionTransitions: transitions = [], NoncurrentVersionExpiration: expiration } = rule;
  const of = described(rule);
  if (expiration) {
    checkPositive(expiration.NoncurrentDays, "NoncurrentDays", "NoncurrentVersionExpiration");
    checkNewer(expiration.NewerNoncurrentVersions, "NoncurrentVersionExpiration");
  }
  const steps = transitions.map(
    ({ NoncurrentDays: days, StorageClass: to, NewerNoncurrentVersions: newer }): Step => {
      if (days === undefined || to === undefined) throw malformedXml();
      if (days < 0) throw negative("NoncurrentDays", "NoncurrentVersionTransition");
      checkMinDays(days, to, "NoncurrentDays", "NoncurrentVersionTransition");
      checkNewer(newer, "NoncurrentVersionTransition");
      return { at: days, to };
    },
  );
  checkSteps(steps, "NoncurrentVersionTransition", of);
  const { NoncurrentDays: end, NewerNoncurrentVersions: kept } = expiration ?? {};
  // An expiration that keeps the newest versions leaves them to the transitions.
  if (end !== undefined && kept === undefined && steps.some(({ at }) => at >= end))
    throw expiresTooSoon("NoncurrentDays", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", of);
  checkStay(steps, "NoncurrentDays", "NoncurrentVersionTransition", of);
}

function checkNewer(newer: number | undefined, action: string): void {
  if (newer === undefined) return;
  checkPositive(newer, "NewerNoncurrentVersions", action);
  if (newer > MAX_NEWER) throw tooManyNewer(action, MAX_NEWER);
}

const isInfrequent = (storageClass: string) =>
  storageClass === "STANDARD_IA" || storageClass === "ONEZONE_IA";

function checkMinDays(days: number, storageClass: string, member: string, action: string): void {
  if (isInfrequent(storageClass) && days < MIN_DAYS) throw tooSoonForClass(member, action, storageClass);
}

function checkSteps(steps: readonly Step[], action: string, of: string): void {
  if (new Set(steps.map(({ to }) => to)).size < steps.length) throw classTwice(action, of);
}

/**
 * Whether a class is colder than that of another step. ONEZONE_IA counts as colder than
 * STANDARD_IA, unless it comes earlier.
 */
function isColder(to: string, at: number, warm: Step): boolean {
  if (isInfrequent(to)) return to === "ONEZONE_IA" && warm.to === "STANDARD_IA" && at >= warm.at;
  return to !== "INTELLIGENT_TIERING";
}

/** Checks that objects stay in an infrequent access class for the minimum number of days. */
function checkStay(steps: readonly Step[], member: string, action: string, of: string): void {
  for (const warm of steps.filter(({ to }) => isInfrequent(to))) {
    const cold = steps.find(({ to, at }) => isColder(to, at, warm) && at < warm.at + MIN_DAYS);
    if (cold) throw leavesTooSoon(member, action, cold.to, warm.to, of);
  }
}
