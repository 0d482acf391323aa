import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { deadlines } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function waiting(deadline: number) {
  const one = { deadline, expirations: 0, expire: () => void one.expirations++ };
  return one;
}

test("never early, late by two ticks at most", () => {
  const clock = deadlines(10);
  const first = waiting(Number.POSITIVE_INFINITY);
  clock.add(first);
  vi.advanceTimersByTime(15);
  first.deadline = clock.after(100);
  vi.advanceTimersByTime(100);
  expect(first.expirations).toBe(0);
  vi.advanceTimersByTime(20);
  expect(first.expirations).toBeGreaterThan(0);
});

test("without waits, no timer runs", () => {
  const clock = deadlines(10);
  const [first, second] = [waiting(0), waiting(0)];
  clock.add(first);
  clock.add(second);
  expect(vi.getTimerCount()).toBe(1);
  clock.delete(first);
  clock.delete(second);
  expect(vi.getTimerCount()).toBe(0);
  clock.add(first);
  vi.advanceTimersByTime(20);
  expect(first.expirations).toBeGreaterThan(0);
});
