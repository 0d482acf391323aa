import { afterEach, expect, test } from "vitest";
import { rootOf } from "../calls/principal.ts";
import { collection } from "../records/collection.ts";
import { StoreUnavailableError } from "../records/partition.ts";
import type { Transaction } from "../records/transaction.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, TEST_START, type TestCloud, type TestCloudOptions, testCloud } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { type Job, job, NonRetryableError, parkedJobs } from "./jobs.ts";
import { type Reconciler, reconciler } from "./reconciler.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

interface Machine {
  name: string;
  wanted: number;
  is: number;
}

const machines = collection<Machine>("hello/machine", { scope: "region", key: (machine) => [machine.name] });

async function cloudWith(jobs: Job<never>[], options: TestCloudOptions = {}) {
  const service = defineService({ id: "hello", operations: [], access: {}, jobs });
  const nube = await testCloud([service], options);
  open.push(nube);
  const context = () =>
    nube.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  const change = async (body: (tx: Transaction) => void | Promise<void>) => {
    const ctx = context();
    await ctx.transact(body);
    await ctx.durable();
  };
  const enqueue = <P>(of: Job<P>, payload: P, delay = 0) =>
    change((tx) => tx.enqueue(of, payload, { delay }));
  return { ...nube, enqueue, change, context, seconds: () => (nube.cloud.clock.now() - TEST_START) / 1_000 };
}

/** A job that records its payloads and run times. */
function notebook(now: () => number = () => 0) {
  const runs: [string, number][] = [];
  const note = job<string>("hello/note", {
    async run(_, text) {
      runs.push([text, now()]);
    },
  });
  return { runs, note };
}

test("jobs run once, each at its due time, in order", async () => {
  let nube: Awaited<ReturnType<typeof cloudWith>>;
  const { runs, note } = notebook(() => nube.seconds());
  nube = await cloudWith([note]);
  for (const delay of [30, 10, 20, 10]) await nube.enqueue(note, `${delay}`, delay * 1_000);
  await nube.advance("15s");
  expect(runs).toEqual([
    ["10", 10],
    ["10", 10],
  ]);
  await nube.advance("1h");
  expect(runs.slice(2)).toEqual([
    ["20", 20],
    ["30", 30],
  ]);
  expect(nube.seconds()).toBe(3_615);
});

test("a failed job is retried on the cloud's clock with increasing delays, and finally parked", async () => {
  const attempts: [number, number][] = [];
  const ids = new Set<number>();
  let nube: Awaited<ReturnType<typeof cloudWith>>;
  const failing = job<object>("hello/fail", {
    attempts: 4,
    backoff: 10_000,
    async run(_, __, { id, attempt }) {
      ids.add(id);
      attempts.push([attempt, nube.seconds()]);
      throw new Error("no");
    },
  });
  nube = await cloudWith([failing]);
  await nube.enqueue(failing, {});
  await nube.advance("1d");
  expect(attempts).toEqual([
    [0, 0],
    [1, 10],
    [2, 30],
    [3, 70],
  ]);
  expect(ids.size).toBe(1);
});

test("jobs that wait for something outside do not delay others", async () => {
  const answers: (() => void)[] = [];
  const calling = job<object>("hello/call", {
    run: (ctx) => ctx.outside(() => new Promise<void>((answer) => answers.push(answer))),
  });
  const done = Promise.withResolvers<void>();
  const quick = job<object>("hello/quick", { run: async () => done.resolve() });
  const nube = await cloudWith([calling, quick]);
  for (let call = 0; call < 40; call++) await nube.enqueue(calling, {});
  await nube.enqueue(quick, {});
  await done.promise;
  expect(answers).toHaveLength(40);
  for (const answer of answers) answer();
});

test("a job that is parked gives up what it holds", async () => {
  const failing = job<Machine>("hello/fail", {
    attempts: 2,
    backoff: 10_000,
    async run() {
      throw new Error("no");
    },
    async abandon(tx, { name }) {
      tx.delete(machines, [name]);
    },
  });
  const nube = await cloudWith([failing]);
  const held = { name: "held", wanted: 1, is: 1 };
  await nube.change((tx) => tx.put(machines, held));
  const machine = () => nube.context().read((tx) => tx.get(machines, ["held"]));
  await nube.enqueue(failing, held);
  await nube.advance("1s");
  expect(await machine()).toEqual(held);
  await nube.advance("1m");
  expect(await machine()).toBeUndefined();
});

test("the newest parked jobs are kept", async () => {
  const failing = job<object>("hello/fail", {
    async run() {
      throw new NonRetryableError("no");
    },
  });
  const nube = await cloudWith([failing]);
  await nube.change((tx) => {
    for (let n = 0; n < 1_250; n++) tx.enqueue(failing, {});
  });
  await nube.advance("1s");
  const parked = (range: object) =>
    nube.context().read((tx) => tx.list(parkedJobs.region, { in: ["hello"], limit: 1_000, ...range }));
  const newest = await parked({ reverse: true });
  expect(newest).toHaveLength(1_000);
  expect((await parked({ before: [newest.at(-1)!.id] })).length).toBeLessThanOrEqual(100);
});

test("an idle job is run again, and writes nothing", async () => {
  const disk = testDisk();
  let rounds = 0;
  const looking = job<object>("hello/look", {
    run: async () => {
      rounds++;
      return { again: 1_000, idle: true };
    },
  });
  const nube = await cloudWith([looking], { store: disk.store });
  await nube.enqueue(looking, {});
  await nube.advance("1s");
  const { groups } = disk;
  await nube.advance("10s");
  expect(rounds).toBeGreaterThan(10);
  expect(disk.groups - groups).toBeLessThan(5);
});

test("a job with a non-retryable error is not retried", async () => {
  let attempts = 0;
  const hopeless = job<object>("hello/hopeless", {
    async run() {
      attempts++;
      throw new NonRetryableError("no such place");
    },
  });
  const nube = await cloudWith([hopeless]);
  await nube.enqueue(hopeless, {});
  await nube.advance("1d");
  expect(attempts).toBe(1);
});

test("a job that requests another run gets it, and its attempt has not failed", async () => {
  const attempts: number[] = [];
  const polling = job<object>("hello/poll", {
    async run(_, __, { attempt }) {
      attempts.push(attempt);
      return attempts.length < 3 ? { again: 5_000 } : undefined;
    },
  });
  const nube = await cloudWith([polling]);
  await nube.enqueue(polling, {});
  await nube.cloud.time.runUntilIdle(3_600_000);
  expect(attempts).toEqual([0, 0, 0]);
  expect(nube.seconds()).toBe(10);
});

test("a job is enqueued with its transaction or not at all, and starts when that is durable", async () => {
  const disk = testDisk();
  const { runs, note } = notebook();
  const { context, advance } = await cloudWith([note], { store: disk.store });
  const refused = context().transact((tx) => {
    tx.enqueue(note, "rolled back");
    throw new Error("no");
  });
  await expect(refused).rejects.toThrow("no");

  disk.break();
  const lost = context();
  await lost.transact((tx) => tx.enqueue(note, "lost"));
  await expect(lost.durable()).rejects.toThrow(StoreUnavailableError);
  disk.mend();

  disk.hold();
  const kept = context();
  await kept.transact((tx) => tx.enqueue(note, "kept"));
  const written = kept.durable();
  expect(await settles(written)).toBe(false);
  expect(runs).toEqual([]);
  disk.release();
  await written;
  await advance("1h");
  expect(runs).toEqual([["kept", 0]]);
});

test("due and future jobs survive a restart, and run once", async () => {
  const disk = testDisk();
  const before = notebook();
  const first = await cloudWith([before.note], { store: disk.store });
  await first.cloud.time.freeze();
  for (const delay of [0, 60, 3_600]) await first.enqueue(before.note, `${delay}`, delay * 1_000);
  await first.close();
  open.splice(0);
  expect(before.runs.map(([text]) => text)).toEqual(["0"]);

  const after = notebook();
  const second = await cloudWith([after.note], { store: disk.store });
  await second.enqueue(after.note, "new", 120_000);
  await second.advance("1d");
  expect(after.runs.map(([text]) => text)).toEqual(["60", "new", "3600"]);
});

test("jobs that are enqueued while those of an earlier process are claimed run once", async () => {
  const disk = testDisk();
  const before = notebook();
  const first = await cloudWith([before.note], { store: disk.store });
  await first.change((tx) => {
    for (let i = 0; i < 1_500; i++) tx.enqueue(before.note, `${i}`, { delay: 60_000 + i });
  });
  await first.close();
  open.splice(0);

  const { runs, note } = notebook();
  const second = await cloudWith([note], { store: disk.store });
  // Their rows are durable before the earlier ones have been read.
  await Promise.all([1, 2, 3].map((i) => second.enqueue(note, `new ${i}`, 59_000 + 1_000 * i)));
  await second.advance("1h");
  expect(runs).toHaveLength(1_503);
  expect(new Set(runs.map(([text]) => text)).size).toBe(1_503);
});

test("a power cut before a job's end is stored makes the next process run it again, with the same number", async () => {
  const disk = testDisk();
  const ids: number[] = [];
  const once = job<object>("hello/once", {
    async run(_, __, { id }) {
      ids.push(id);
      disk.hold();
    },
  });
  const { enqueue } = await cloudWith([once], { store: disk.store });
  await enqueue(once, {});
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  expect(ids).toHaveLength(1);

  const next = await cloudWith([once], { store: await disk.copy() });
  await next.advance("1s");
  disk.release();
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test("a temporarily failing disk neither loses a job nor counts as its failure", async () => {
  const disk = testDisk();
  const attempts: number[] = [];
  const sums = collection<{ id: number }>("hello/sum", { scope: "region", key: (sum) => [sum.id] });
  const adding = job<object>("hello/add", {
    attempts: 2,
    async run(ctx, _, { id, attempt }) {
      attempts.push(attempt);
      await ctx.transact((tx) => tx.put(sums, { id }));
      await ctx.durable();
    },
  });
  const nube = await cloudWith([adding], { store: disk.store });
  await nube.enqueue(adding, {}, 1_000);
  await nube.enqueue(adding, {}, 2_000);
  disk.break();
  await nube.cloud.time.advance(300_000).catch(() => {});
  expect(attempts.length).toBeGreaterThan(4);
  disk.mend();
  await nube.advance("2m");
  expect(new Set(attempts)).toEqual(new Set([0]));
  expect(await nube.context().read((tx) => tx.list(sums, { limit: 9 }))).toHaveLength(2);
  const runs = attempts.length;
  await nube.advance("1d");
  expect(attempts).toHaveLength(runs);
});

test("a job whose writes are lost has not failed, even where its failure could be stored", async () => {
  const disk = testDisk();
  const attempts: number[] = [];
  const adding = job<object>("hello/add", {
    attempts: 1,
    async run(ctx, _, { id, attempt }) {
      attempts.push(attempt);
      await ctx.transact((tx) => tx.put(machines, { name: `${id}`, wanted: 0, is: 0 }));
    },
  });
  const nube = await cloudWith([adding], { store: disk.store });
  await nube.enqueue(adding, {}, 1_000);
  const next = disk.groups;
  disk.failing((group) => group === next);
  await nube.advance("2m");
  expect(attempts).toEqual([0, 0]);
  expect(await nube.context().read((tx) => tx.list(machines, { limit: 9 }))).toHaveLength(1);
});

test("a job of an unknown name is parked, not lost and not repeated", async () => {
  const { note } = notebook();
  const nube = await cloudWith([]);
  await nube.enqueue(note, "x");
  await nube.cloud.time.runUntilIdle(3_600_000);
  expect(nube.seconds()).toBe(0);
});

/** Takes one step towards the wanted state, each a second long. */
function climbing(hooks: { step?: (machine: Machine) => Promise<void> } = {}): Reconciler {
  return reconciler(machines, async (ctx, { name }) => {
    return ctx.transact(async (tx) => {
      const machine = (await tx.get(machines, [name]))!;
      await hooks.step?.(machine);
      if (machine.is === machine.wanted) return "done" as const;
      tx.put(machines, { ...machine, is: machine.is + Math.sign(machine.wanted - machine.is) });
      return { again: 1_000 };
    });
  });
}

test("a reconciler brings a record to the wanted state, also when that changes meanwhile", async () => {
  const steps: number[] = [];
  const climb = climbing({ step: async ({ is }) => void steps.push(is) });
  const nube = await cloudWith([climb.job as Job<never>]);
  const want = (wanted: number) =>
    nube.change(async (tx) => {
      const { is } = (await tx.get(machines, ["m"])) ?? { is: 0 };
      tx.put(machines, { name: "m", wanted, is });
      climb.wake(tx, ["m"]);
    });
  const machine = () => nube.context().read((tx) => tx.get(machines, ["m"]));
  await want(5);
  await nube.advance("2s");
  await want(1);
  await nube.cloud.time.runUntilIdle(60_000);
  expect(await machine()).toMatchObject({ is: 1 });
  expect(steps).toEqual([0, 1, 2, 3, 2, 1]);
});

test("a record that is woken many times has one loop", async () => {
  const looks: number[] = [];
  let nube: Awaited<ReturnType<typeof cloudWith>>;
  const watching = reconciler(machines, async () => {
    looks.push(nube.seconds());
    return { again: 10_000 };
  });
  nube = await cloudWith([watching.job as Job<never>]);
  const wake = () =>
    nube.change((tx) => {
      tx.put(machines, { name: "m", wanted: 0, is: 0 });
      watching.wake(tx, ["m"]);
    });
  for (let i = 0; i < 5; i++) {
    await wake();
    await nube.advance("1s");
  }
  looks.splice(0);
  await nube.advance("30s");
  expect(looks).toEqual([14, 24, 34]);
});

test("two steps of one record never run concurrently, and the later one is not lost", async () => {
  const gate = Promise.withResolvers<void>();
  let inside = 0;
  let most = 0;
  let looks = 0;
  const slow = reconciler(machines, async () => {
    looks++;
    most = Math.max(most, ++inside);
    await gate.promise;
    inside--;
    return "done";
  });
  const nube = await cloudWith([slow.job as Job<never>]);
  const wake = () =>
    nube.change((tx) => {
      tx.put(machines, { name: "m", wanted: 0, is: 0 });
      slow.wake(tx, ["m"]);
    });
  for (let i = 0; i < 3; i++) await wake();
  await settles(gate.promise);
  gate.resolve();
  await nube.advance("1s");
  expect({ most, looks }).toEqual({ most: 1, looks: 2 });
});

test("a failing step is retried without end, and the deletion of the record ends the loop", async () => {
  let looks = 0;
  const broken = reconciler(machines, async () => {
    looks++;
    throw new Error("no");
  });
  const nube = await cloudWith([broken.job as Job<never>]);
  await nube.change((tx) => {
    tx.put(machines, { name: "m", wanted: 0, is: 0 });
    broken.wake(tx, ["m"]);
  });
  await nube.advance("2d");
  expect(looks).toBeGreaterThan(50);
  await nube.change((tx) => tx.delete(machines, ["m"]));
  await nube.advance("2h");
  const then = looks;
  await nube.advance("2d");
  expect(looks).toBe(then);
});
