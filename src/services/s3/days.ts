export const DAY_MS = 86_400_000;

/** The time of an event that never happens, as a number that records can store. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * The last midnight that a date can represent, in some 275,000 years. Rules
 * and restores may specify more days.
 */
const LAST_MIDNIGHT = 8.64e15;

/**
 * Returns the next midnight UTC after a time. S3 rounds days up to midnight, and
 * runs lifecycle actions at midnight.
 */
export const midnightAfter = (time: number): number =>
  Math.min((Math.floor(time / DAY_MS) + 1) * DAY_MS, LAST_MIDNIGHT);

/** Returns the last midnight UTC at or before a time. */
export const lastMidnight = (time: number): number => time - (time % DAY_MS);

export const isMidnight = (time: number): boolean => time % DAY_MS === 0;
