import { expect, test } from "vitest";
import { newBucket, refill } from "./bucket.ts";

const SECOND = 1_000;

test("a bucket fills at its rate, up to the capacity of five minutes", () => {
  const bucket = newBucket(10, 0);
  refill(bucket, 10, 2 * SECOND);
  expect(bucket.tokens).toBe(30);
  refill(bucket, 10, 3_600 * SECOND);
  expect(bucket.tokens).toBe(3_000);
});

test("a new rate applies from then on, and to the maximum", () => {
  const bucket = newBucket(10, 0);
  refill(bucket, 100, 10 * SECOND);
  expect(bucket.tokens).toBe(110);
  refill(bucket, 1, 11 * SECOND);
  expect(bucket.tokens).toBe(210);
  refill(bucket, 1, 12 * SECOND);
  expect(bucket.tokens).toBe(211);
});

test("consumption beyond the capacity is made up for first", () => {
  const bucket = newBucket(1, 0);
  bucket.tokens -= 3;
  refill(bucket, 1, SECOND);
  expect(bucket.tokens).toBe(-1);
});
