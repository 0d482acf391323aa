/**
 * The machine's real time. It is only read by what must not follow the cloud's clock: leases, sockets,
 * back-off towards processes, certificates, log lines. Everything that a customer can observe uses `Clock`
 * (`lib/clock.ts`).
 */
export const wallNow = (): number => Date.now();

/** Milliseconds of a monotonic clock, for measuring durations. */
export const monotonicNow = (): number => performance.now();
