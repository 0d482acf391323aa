/**
 * Whether a signature is of its time. Clients sign by the wall clock, while the cloud may live in a shifted or frozen
 * one; both are handed in, in epoch milliseconds.
 */
export interface Clocks {
  wall: number;
  cloud: number;
  /** What the cloud's clock showed, or by its present shift will show, at a moment of the wall clock. */
  cloudTimeOf(wall: number): number;
}

/** AWS allows a client's clock to be fifteen minutes off, either way. */
const ALLOWED_SKEW = 15 * 60_000;

/** Fresh by the wall clock or by the cloud's, since a client may have been told either time. */
export function isFresh(signedAt: number, clocks: Pick<Clocks, "wall" | "cloud">): boolean {
  return (
    Math.abs(signedAt - clocks.wall) <= ALLOWED_SKEW || Math.abs(signedAt - clocks.cloud) <= ALLOWED_SKEW
  );
}

export interface Validity {
  state: "valid" | "early" | "expired";
  /** The end, in cloud time. */
  expiry: number;
}

/**
 * Of a presigned URL. Its life is counted in cloud time, from what the cloud's clock showed when it was signed: so it
 * ends when the clock is moved past its end, though the client signed by the wall. A signing time that the wall clock
 * has not reached was read off the cloud's clock and is taken as it is.
 *
 * @param expiresIn seconds
 */
export function presignedValidity(signedAt: number, expiresIn: number, clocks: Clocks): Validity {
  const byWall = signedAt <= clocks.wall + ALLOWED_SKEW;
  const start = byWall ? clocks.cloudTimeOf(signedAt) : signedAt;
  const expiry = start + expiresIn * 1_000;
  if (!byWall && signedAt > clocks.cloud + ALLOWED_SKEW) return { state: "early", expiry };
  return { state: clocks.cloud > expiry ? "expired" : "valid", expiry };
}

/** Of a Version 2 URL, which tells its end only, by the client's clock. */
export function expiresValidity(expires: number, clocks: Clocks): Validity {
  const expiry = clocks.cloudTimeOf(expires);
  return { state: clocks.cloud > expiry ? "expired" : "valid", expiry };
}
