import type { LifecycleRule, TransitionDefaultMinimumObjectSize } from "#aws/contract/types/s3.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import { configuration } from "../buckets/configurations.ts";
import { DAY_MS, midnightAfter, NEVER } from "../days.ts";
import type { StorageClassName } from "../storage-classes/classes.ts";
import { type Filter, filterOf } from "./filter.ts";

/** A bucket's lifecycle configuration as its owner put it, with ids added to the rules that had none. */
export interface LifecycleDocument {
  rules: LifecycleRule[];
  minimum: TransitionDefaultMinimumObjectSize;
}

export const lifecycles = configuration<LifecycleDocument>("lifecycle");

/** When an action is due: a number of days after the creation of the object, or at a date. */
export type Moment = { days: number } | { date: number };

/**
 * A number of days after the version became noncurrent. The newest `keep` noncurrent versions are retained.
 */
export interface NoncurrentMoment {
  days: number;
  keep: number;
}

/** An enabled rule in parsed form. */
export interface Rule {
  id: string;
  filter: Filter;
  expiration?: Moment;
  /** Whether delete markers are removed when no other version of their key exists. */
  expiresMarkers?: boolean;
  transitions: (Moment & { to: StorageClassName })[];
  noncurrentExpiration?: NoncurrentMoment;
  noncurrentTransitions: (NoncurrentMoment & { to: StorageClassName })[];
  /** The number of days after which a multipart upload is aborted. */
  abortAfter?: number;
}

/** Returns the enabled rules. Memoized by the document, as long as it is in memory. */
export const rulesOf = memoizeByObject(({ rules }: LifecycleDocument): Rule[] =>
  rules.filter((rule) => rule.Status === "Enabled").map(ruleOf),
);

function ruleOf(rule: LifecycleRule): Rule {
  const { Expiration: expiration, NoncurrentVersionExpiration: noncurrent } = rule;
  return {
    id: rule.ID!,
    filter: filterOf(rule),
    expiration: expiration && momentOf(expiration),
    expiresMarkers: expiration?.ExpiredObjectDeleteMarker,
    transitions: (rule.Transitions ?? []).map((transition) => ({
      ...momentOf(transition)!,
      to: transition.StorageClass as StorageClassName,
    })),
    noncurrentExpiration: noncurrent && noncurrentMomentOf(noncurrent),
    noncurrentTransitions: (rule.NoncurrentVersionTransitions ?? []).map((transition) => ({
      ...noncurrentMomentOf(transition),
      to: transition.StorageClass as StorageClassName,
    })),
    abortAfter: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  };
}

function momentOf({ Days, Date: date }: { Days?: number; Date?: Date }): Moment | undefined {
  if (date !== undefined) return { date: new Date(date).getTime() };
  return Days === undefined ? undefined : { days: Days };
}

const noncurrentMomentOf = (action: { NoncurrentDays?: number; NewerNoncurrentVersions?: number }) => ({
  days: action.NoncurrentDays!,
  keep: action.NewerNoncurrentVersions ?? 0,
});

/** Returns when an action is due. Days are counted from `start` and rounded up to the next midnight. */
export const dueAt = (moment: Moment, start: number): number =>
  "date" in moment ? moment.date : midnightAfter(start + moment.days * DAY_MS);

/** The minimum number of days after which something new can be due, and the next date in the rules. */
export interface Outlook {
  leastDays: number;
  nextDate: number;
}

export function outlookOf(rules: readonly Rule[], now: number): Outlook {
  const moments = rules.flatMap((rule): Moment[] => [
    ...(rule.expiration ? [rule.expiration] : []),
    ...rule.transitions,
    ...(rule.noncurrentExpiration ? [rule.noncurrentExpiration] : []),
    ...rule.noncurrentTransitions,
    ...(rule.abortAfter === undefined ? [] : [{ days: rule.abortAfter }]),
  ]);
  const daysOf = (moment: Moment) => ("days" in moment ? moment.days : moment.date <= now ? 0 : NEVER);
  const dateOf = (moment: Moment) => ("date" in moment && moment.date > now ? moment.date : NEVER);
  return {
    leastDays: Math.min(NEVER, ...moments.map(daysOf)),
    nextDate: Math.min(NEVER, ...moments.map(dateOf)),
  };
}

/** Whether a rule retains the newest noncurrent versions. */
export const countsVersions = (rules: readonly Rule[]): boolean =>
  rules.some(({ noncurrentExpiration, noncurrentTransitions }) =>
    [noncurrentExpiration, ...noncurrentTransitions].some((moment) => (moment?.keep ?? 0) > 0),
  );
