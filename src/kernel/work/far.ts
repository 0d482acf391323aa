const CHECK_MS = 30 * 86_400_000;

/**
 * The milliseconds that a timer waits for `due`: at most until the next of the monthly times at which far timers
 * check that what they belong to still exists. Otherwise those of deleted things would remain for decades.
 */
export const untilDueOrCheck = (now: number, due: number): number =>
  Math.max(0, Math.min(due, (Math.floor(now / CHECK_MS) + 1) * CHECK_MS) - now);
