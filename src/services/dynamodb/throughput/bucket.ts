/** So many seconds' worth of capacity that nobody used is kept. */
const BURST_SECONDS = 300;

/** What is left of the capacity of a table or an index, for reads or for writes. */
export interface Bucket {
  /** Below zero where the last that was let through took more than there was. */
  tokens: number;
  /** In a second. */
  rate: number;
  /** Milliseconds since 1970, cloud time. */
  at: number;
}

/** Of a table that nobody has used since then: it has a second's capacity at once, and saves up from there. */
export function newBucket(rate: number, since: number): Bucket {
  return { tokens: rate, rate, at: since };
}

/** Brings it up to a moment, and to what the table is provisioned with by now. */
export function refill(bucket: Bucket, rate: number, now: number): void {
  const seconds = Math.max(0, now - bucket.at) / 1_000;
  bucket.tokens = Math.min(bucket.tokens + seconds * bucket.rate, BURST_SECONDS * rate);
  bucket.rate = rate;
  bucket.at = now;
}
