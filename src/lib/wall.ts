/**
 * The machine's own time. Only what must not follow the cloud's clock reads it: leases, sockets, back-off towards
 * processes, certificates, log lines. Everything a customer can observe goes through `Clock` (`lib/clock.ts`).
 */
export const wallNow = (): number => Date.now();

/** Milliseconds of a monotonic clock, for measuring spans. */
export const monotonicNow = (): number => performance.now();
