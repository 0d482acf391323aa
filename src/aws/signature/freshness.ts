/**
 * Checks a signature's time. Clients sign by the real clock, while the cloud's clock may be shifted or
 * frozen; both are passed in, in epoch milliseconds.
 */
export interface Clocks {
  wall: number;
  cloud: number;
  /** The cloud's time at a given real time; in the future, by the current shift. */
  cloudTimeOf(wall: number): number;
}

/** AWS allows a client's clock to be fifteen minutes off in either direction. */
const MAX_SKEW_MS = 15 * 60_000;

/** Whether the time is fresh by the real clock or by the cloud's, since a client may use either. */
export function isFresh(signedAt: number, clocks: Pick<Clocks, "wall" | "cloud">): boolean {
  return Math.abs(signedAt - clocks.wall) <= MAX_SKEW_MS || Math.abs(signedAt - clocks.cloud) <= MAX_SKEW_MS;
}

export interface Validity {
  state: "valid" | "early" | "expired";
  /** The end, in cloud time. */
  expiry: number;
}

/**
 * The validity of a presigned URL. Its lifetime is counted in cloud time, from the cloud's time when it was
 * signed, so it ends when the clock is moved past its end although the client signed by the real clock. A
 * signing time in the future of the real clock was taken from the cloud's clock and is used as it is.
 *
 * @param expiresIn seconds
 */
export function presignedValidity(signedAt: number, expiresIn: number, clocks: Clocks): Validity {
  const byWall = signedAt <= clocks.wall + MAX_SKEW_MS;
  const start = byWall ? clocks.cloudTimeOf(signedAt) : signedAt;
  const expiry = start + expiresIn * 1_000;
  if (!byWall && signedAt > clocks.cloud + MAX_SKEW_MS) return { state: "early", expiry };
  return { state: clocks.cloud > expiry ? "expired" : "valid", expiry };
}

/** The validity of a Version 2 URL, which states only its end, by the client's clock. */
export function expiresValidity(expires: number, clocks: Clocks): Validity {
  const expiry = clocks.cloudTimeOf(expires);
  return { state: clocks.cloud > expiry ? "expired" : "valid", expiry };
}
