/** Unused capacity accumulates up to this many seconds' worth. */
const BURST_SECONDS = 300;

/** The token bucket of a table or index, for reads or for writes. */
export interface Bucket {
  /** The available units; negative if the last call used more than were available. */
  tokens: number;
  /** Units per second. */
  rate: number;
  /** When it was last refilled, in milliseconds since 1970, cloud time. */
  at: number;
}

/** A bucket that has been unused since then. It starts with one second's capacity and accumulates more. */
export function newBucket(rate: number, since: number): Bucket {
  return { tokens: rate, rate, at: since };
}

/** Adds the capacity accumulated until now and adopts a changed rate. */
export function refill(bucket: Bucket, rate: number, now: number): void {
  const seconds = Math.max(0, now - bucket.at) / 1_000;
  bucket.tokens = Math.min(bucket.tokens + seconds * bucket.rate, BURST_SECONDS * rate);
  bucket.rate = rate;
  bucket.at = now;
}
