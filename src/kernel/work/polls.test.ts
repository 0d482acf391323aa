import { afterEach, expect, test } from "vitest";
import { rootOf } from "../calls/principal.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, TEST_START, type TestCloud, testCloud } from "../testing.ts";
import { type Job, job } from "./jobs.ts";

const DAY_MS = 86_400_000;

let nube: TestCloud;
afterEach(() => nube.close());

/** A cloud with a job that polls every second, and one that brings what it finds after a delay. */
async function polled(delay: number) {
  const now = () => nube.cloud.clock.now() - TEST_START;
  const polls: number[] = [];
  let isThere = false;
  let found: number | undefined;
  const poll = job<object>("hello/poll", {
    async run() {
      polls.push(now());
      if (!isThere) return { again: 1_000, isPoll: true };
      found = now();
      isThere = false;
      return { again: 0 };
    },
  });
  const bring = job<object>("hello/bring", {
    async run() {
      isThere = true;
    },
  });
  const service = defineService({
    id: "hello",
    operations: [],
    access: {},
    jobs: [poll, bring] as Job<never>[],
  });
  nube = await testCloud([service]);
  const ctx = nube.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  await ctx.transact((tx) => {
    tx.enqueue(poll, {});
    tx.enqueue(bring, {}, { delay });
  });
  await ctx.durable();
  return { polls, found: () => found, now };
}

test("polls keep their interval while the clock moves by seconds", async () => {
  const { polls } = await polled(DAY_MS);
  await nube.advance("10s");
  expect(polls).toHaveLength(11);
});

test("polls are few while the clock moves far, and the last is at its end", async () => {
  const { polls, found, now } = await polled(DAY_MS / 2);
  await nube.advance("1d");
  expect(found()! - DAY_MS / 2).toBeLessThanOrEqual(30_000);
  expect(polls.length).toBeLessThan(3_000);
  expect(polls.at(-1)).toBe(now());
  const before = polls.length;
  await nube.advance("2s");
  expect(polls.length - before).toBe(2);
});

test("run until idle ends when only polls are left that find nothing", async () => {
  const { found, now } = await polled(DAY_MS);
  await nube.cloud.time.runUntilIdle(10 * DAY_MS);
  expect(found()! - DAY_MS).toBeLessThanOrEqual(30_000);
  expect(now() - found()!).toBeLessThanOrEqual(30_000);
});
