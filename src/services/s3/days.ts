export const DAY_MS = 86_400_000;

/** A time that never comes, as a number that records can hold. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** The last midnight that a date can have, in some 275,000 years. Rules and restores can name more days than that. */
const LAST_MIDNIGHT = 8.64e15;

/** The next midnight UTC, even for a time that is one. S3 acts at no other hour, and rounds days up to it. */
export const midnightAfter = (time: number): number =>
  Math.min((Math.floor(time / DAY_MS) + 1) * DAY_MS, LAST_MIDNIGHT);

/** The midnight UTC that was last, or is now. */
export const lastMidnight = (time: number): number => time - (time % DAY_MS);

export const isMidnight = (time: number): boolean => time % DAY_MS === 0;
