import { describe, expect, test } from "vitest";
import { expiresValidity, isFresh, presignedValidity } from "./freshness.ts";

const minutes = 60_000;
const hours = 60 * minutes;
const wall = Date.UTC(2026, 0, 1);

describe("a request is fresh", () => {
  test.each([
    [0, true],
    [-15 * minutes, true],
    [15 * minutes, true],
    [-15 * minutes - 1, false],
    [15 * minutes + 1, false],
  ])("%d ms from the clock: %s", (offset, fresh) => {
    expect(isFresh(wall + offset, { wall, cloud: wall })).toBe(fresh);
  });

  test("by the real clock or by the cloud's, but not between them", () => {
    const clocks = { wall, cloud: wall + 48 * hours };
    expect(isFresh(wall, clocks)).toBe(true);
    expect(isFresh(wall + 48 * hours, clocks)).toBe(true);
    expect(isFresh(wall + 24 * hours, clocks)).toBe(false);
  });
});

describe("a presigned URL with a lifetime of an hour", () => {
  const still = { wall, cloud: wall, cloudTimeOf: (time: number) => time };

  test("expires after an hour", () => {
    expect(presignedValidity(wall - hours, 3_600, still)).toEqual({ state: "valid", expiry: wall });
    expect(presignedValidity(wall - hours - 1, 3_600, still).state).toBe("expired");
    expect(presignedValidity(wall + 16 * minutes, 3_600, still).state).toBe("early");
  });

  test("expires when the cloud's clock is moved two hours ahead, and one signed afterwards does not", () => {
    const moved = wall - 10 * minutes;
    const cloudTimeOf = (time: number) => (time < moved ? time : time + 2 * hours);
    const clocks = { wall, cloud: wall + 2 * hours, cloudTimeOf };
    expect(presignedValidity(moved - 1, 3_600, clocks).state).toBe("expired");
    expect(presignedValidity(moved, 3_600, clocks)).toEqual({ state: "valid", expiry: moved + 3 * hours });
    // Signed by a client that follows the cloud's time.
    expect(presignedValidity(wall + 2 * hours, 3_600, clocks)).toEqual({
      state: "valid",
      expiry: wall + 3 * hours,
    });
    expect(expiresValidity(wall + 1, clocks).state).toBe("valid");
    expect(expiresValidity(wall - 1, clocks).state).toBe("expired");
  });

  test("does not expire while the clock is frozen", () => {
    const frozen = wall - 5 * hours;
    const cloudTimeOf = (time: number) => Math.min(time, frozen);
    expect(presignedValidity(wall - 3 * hours, 3_600, { wall, cloud: frozen, cloudTimeOf }).state).toBe(
      "valid",
    );
  });
});
