import { expect, test } from "vitest";
import { isoSeconds } from "./iso-seconds.ts";

test("a time is truncated to its second", () => {
  expect(isoSeconds(Date.UTC(2026, 0, 2, 3, 4, 5, 999))).toBe("2026-01-02T03:04:05Z");
  expect(isoSeconds(8.64e15)).toBe("+275760-09-13T00:00:00Z");
});
