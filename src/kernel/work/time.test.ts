import { afterEach, expect, test } from "vitest";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { rootOf } from "../calls/principal.ts";
import { collection } from "../records/collection.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, TEST_START, type TestCloud, type TestCloudOptions, testCloud } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { type Job, job } from "./jobs.ts";

const notes = collection<{ at: number }>("hello/note", { scope: "region", key: (note) => [note.at] });

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function cloudOn(wall: { now: number }, options: TestCloudOptions = {}, jobs: Job<never>[] = []) {
  const service = defineService({ id: "hello", operations: [], access: {}, jobs });
  const nube = await testCloud([service], { wall: () => wall.now, ...options });
  open.push(nube);
  const context = () =>
    nube.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  return {
    ...nube,
    context,
    async enqueue<P>(of: Job<P>, payload: P) {
      const ctx = context();
      await ctx.transact((tx) => tx.enqueue(of, payload));
      await ctx.durable();
    },
  };
}

test("a frozen clock stands still, continues when resumed, and can be moved", async () => {
  const wall = { now: TEST_START };
  const { cloud, advance } = await cloudOn(wall);
  const { clock, time } = cloud;
  wall.now += 10_000;
  await time.freeze();
  wall.now += 10_000;
  expect(clock.now()).toBe(TEST_START + 10_000);
  await advance("1h");
  expect(clock.now()).toBe(TEST_START + 3_610_000);
  expect(clock.frozen).toBe(true);
  await time.resume();
  wall.now += 10_000;
  expect(clock.now()).toBe(TEST_START + 3_620_000);
});

test("the cloud's time at a real time is known for the whole history of moves", async () => {
  const wall = { now: TEST_START };
  const { cloud, advance } = await cloudOn(wall);
  wall.now += 60_000;
  await advance("1d");
  wall.now += 60_000;
  await cloud.time.freeze();
  wall.now += 60_000;
  const at = (seconds: number) =>
    (cloud.clock.cloudTimeOf(TEST_START + seconds * 1_000) - TEST_START) / 1_000;
  expect([at(30), at(90), at(150), at(180)]).toEqual([30, 86_490, 86_520, 86_520]);
});

test("the clock survives a restart", async () => {
  const disk = testDisk();
  const wall = { now: TEST_START };
  const first = await cloudOn(wall, { store: disk.store });
  await first.advance("90d");
  await first.cloud.time.freeze();
  const { shifts } = first.cloud.clock;
  await first.close();
  open.splice(0);
  wall.now += 3_600_000;
  const second = await cloudOn(wall, { store: disk.store });
  expect(second.cloud.clock.now()).toBe(TEST_START + 90 * 86_400_000);
  expect(second.cloud.clock.frozen).toBe(true);
  expect(second.cloud.clock.shifts).toEqual(shifts);
});

test("what is stored is not of the future if the real clock is set back before the next start", async () => {
  const { store } = testDisk();
  const wall = { now: TEST_START };
  const first = await cloudOn(wall, { store });
  await first.advance("1d");
  await first.close();
  open.splice(0);
  wall.now -= 3_600_000;
  const second = await cloudOn(wall, { store: { ...store, written: TEST_START } });
  expect(second.cloud.clock.now()).toBe(TEST_START + 86_400_000);
});

test("a clock that is ahead of the real one stays ahead across stops, and still loses a tenth", async () => {
  const { store } = testDisk();
  const wall = { now: TEST_START };
  const first = await cloudOn(wall, { store });
  expect(first.cloud.clock.now()).toBe(TEST_START);
  wall.now -= 3_600_000;
  expect(first.cloud.clock.now()).toBe(TEST_START);
  for (const minute of [1, 2, 3]) {
    await open.pop()!.close();
    wall.now += 60_000;
    const next = await cloudOn(wall, { store: { ...store, written: wall.now - 60_000 } });
    expect(next.cloud.clock.now()).toBe(TEST_START + minute * 54_000);
  }
});

test("a clock that is ahead since its start stays ahead after a crash", async () => {
  const disk = testDisk();
  const wall = { now: TEST_START - 3_600_000 };
  await cloudOn(wall, { store: { ...disk.store, written: TEST_START } });
  const store = await disk.copy();
  const second = await cloudOn(wall, { store: { ...store, written: wall.now } });
  expect(second.cloud.clock.now()).toBe(TEST_START);
});

test("periodic work of several kinds runs in the order of its due times", async () => {
  const runs: string[] = [];
  const every = (name: string, seconds: number) =>
    job<object>(`hello/${name}`, {
      async run(ctx) {
        runs.push(`${name}${(ctx.clock.now() - TEST_START) / 1_000}`);
        return { again: seconds * 1_000 };
      },
    });
  const [two, three] = [every("two@", 2), every("three@", 3)];
  const nube = await cloudOn({ now: TEST_START }, {}, [two, three] as Job<never>[]);
  await nube.cloud.time.freeze();
  await nube.enqueue(two, {});
  await nube.enqueue(three, {});
  await nube.advance("6s");
  expect(runs).toEqual(["two@0", "three@0", "two@2", "three@3", "two@4", "three@6", "two@6"]);
});

test("run until idle stops at the last due time, or at the horizon", async () => {
  const endless = job<object>("hello/endless", { run: async () => ({ again: 7_000 }) });
  let left = 3;
  const ending = job<object>("hello/ending", {
    run: async () => (--left > 0 ? { again: 5_000 } : undefined),
  });
  const { cloud, enqueue } = await cloudOn({ now: TEST_START }, {}, [endless, ending] as Job<never>[]);
  await enqueue(ending, {});
  await cloud.time.runUntilIdle(3_600_000);
  expect(cloud.clock.now() - TEST_START).toBe(10_000);
  await enqueue(endless, {});
  await cloud.time.runUntilIdle(60_000);
  expect(cloud.clock.now() - TEST_START).toBe(10_000 + 56_000);
});

test("moves of the clock run one at a time, and add up", async () => {
  const wall = { now: TEST_START };
  const { cloud } = await cloudOn(wall);
  await Promise.all([1, 2, 3].map((seconds) => cloud.time.advance(seconds * 1_000)));
  expect(cloud.clock.now() - TEST_START).toBe(6_000);
  await cloud.time.advance(0.4);
  expect(Number.isInteger(cloud.clock.now())).toBe(true);
});

test("after a power cut during a move the clock is at the last stored record, and running", async () => {
  const disk = testDisk();
  const found: KeyValueStore[] = [];
  const writing = job<object>("hello/write", {
    async run(ctx) {
      await ctx.transact((tx) => tx.put(notes, { at: tx.now() }));
      await ctx.durable();
      found.push(await disk.copy());
      return { again: 86_400_000 };
    },
  });
  const { advance, enqueue } = await cloudOn({ now: TEST_START }, { store: disk.store }, [
    writing,
  ] as Job<never>[]);
  await enqueue(writing, {});
  await advance("3d");
  for (const [day, store] of found.entries()) {
    const wall = { now: TEST_START };
    const { cloud, context } = await cloudOn(wall, { store });
    expect(await context().read((tx) => tx.list(notes, { limit: 9 }))).toHaveLength(day + 1);
    expect(cloud.clock.now()).toBe(TEST_START + day * 86_400_000);
    wall.now += 5_000;
    expect(cloud.clock.now()).toBe(TEST_START + day * 86_400_000 + 5_000);
  }
});

test("a clock that is frozen or resumed while it is moved is frozen or running after the move", async () => {
  let gate = Promise.withResolvers<void>();
  const waiting = job<object>("hello/wait", { run: () => gate.promise });
  const { cloud, enqueue } = await cloudOn({ now: TEST_START }, {}, [waiting] as Job<never>[]);
  for (const isFrozen of [true, false]) {
    await enqueue(waiting, {});
    const moving = cloud.time.advance(3_600_000);
    expect(await settles(moving)).toBe(false);
    const following = isFrozen ? cloud.time.freeze() : cloud.time.resume();
    await settles(following);
    gate.resolve();
    await Promise.all([moving, following]);
    expect(cloud.clock.frozen).toBe(isFrozen);
    gate = Promise.withResolvers();
  }
  expect(cloud.clock.now()).toBe(TEST_START + 7_200_000);
});
