import { afterEach, expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import type { CallContext } from "../calls/call-context.ts";
import { rootOf } from "../calls/principal.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, TEST_START, type TestCloud, testCloud } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { trailRows } from "../trail/rows.ts";
import { type Job, job } from "../work/jobs.ts";
import { collection } from "./collection.ts";
import { StoreUnavailableError } from "./partition.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

const names = collection<{ name: string }>("hello/name", { scope: "region", key: (row) => [row.name] });

async function cloudWith(jobs: Job<never>[] = [], said: Promise<void> = Promise.resolve()) {
  const disk = testDisk();
  const service = defineService({
    id: "hello",
    jobs,
    access: { GetGreeting: () => [], SayHello: () => [] },
    operations: [
      {
        GetGreeting: (ctx, { Name }) =>
          ctx.transact((tx) => {
            tx.put(names, { name: Name });
            return {} as never;
          }),
        SayHello: () => said.then(() => ({}) as never),
      },
    ],
  });
  const nube = await testCloud([service], { store: disk.store });
  open.push(nube);
  const context = () =>
    nube.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  return { ...nube, disk, context };
}

const list = (ctx: CallContext) => ctx.read((tx) => tx.list(names, { limit: 10 }));
const write = async (ctx: CallContext, name: string) => {
  await ctx.transact((tx) => tx.put(names, { name }));
  await ctx.durable();
};
const keysOf = (store: KeyValueStore, era: number) =>
  store.range({ start: Buffer.from([0, 0, 0, era]), end: Buffer.from([0, 0, 0, era + 1]), limit: 100 });

test("nothing of the old era is left: records, keys, the clock, faults, seals", async () => {
  const { cloud, context, disk, advance } = await cloudWith();
  await write(context(), "a");
  await advance("90d");
  await cloud.time.freeze();
  cloud.faults.set([{ probability: 1, seed: 1, effect: { throttle: true } }]);
  const token = cloud.seal.seal("p", 1);

  await cloud.reset();
  expect(await list(context())).toEqual([]);
  expect(cloud.clock.now()).toBe(TEST_START);
  expect(cloud.clock.frozen).toBe(false);
  expect(cloud.faults.rules).toEqual([]);
  expect(cloud.seal.unseal("p", token)).toBeUndefined();
  await advance("0s");
  expect(await keysOf(disk.store, 1)).toEqual([]);
});

test("the new era stays empty after a restart", async () => {
  const { cloud, context, disk } = await cloudWith();
  await write(context(), "a");
  await cloud.reset();
  await write(context(), "b");
  await cloud.close();
  open.splice(0);
  const again = await testCloud([], { store: disk.store });
  open.push(again);
  await again.advance("0s");
  expect(await keysOf(disk.store, 1)).toEqual([]);
  expect((await keysOf(disk.store, 2)).length).toBeGreaterThan(0);
});

test("calls of the old era cannot write by any means", async () => {
  const { cloud, context, disk } = await cloudWith();
  const late = context();
  await write(late, "a");
  const fresh = cloud.context({
    service: (await cloud.service("hello"))!,
    principal: rootOf("1"),
    place: { account: "2", region: "never-opened" },
    requestId: "r",
  });
  await cloud.reset();
  await expect(late.transact((tx) => tx.put(names, { name: "b" }))).rejects.toThrow(StoreUnavailableError);
  await expect(list(late)).rejects.toThrow(StoreUnavailableError);
  await expect(fresh.transact((tx) => tx.put(names, { name: "b" }))).rejects.toThrow(StoreUnavailableError);
  expect(() => late.aws.hello.GetGreeting({ Name: "b" })).toThrow(StoreUnavailableError);
  expect(() => late.elsewhere("eu-west-1")).toThrow(StoreUnavailableError);
  await expect(late.letters.put({ kind: "sms", service: "hello", to: "+1", body: "b" })).rejects.toThrow(
    StoreUnavailableError,
  );
  await expect(late.blobs.receive({ ...bodyOf(Buffer.alloc(100_000)) }, { limit: 1e6 })).rejects.toThrow(
    StoreUnavailableError,
  );
  expect(await list(context())).toEqual([]);
  expect(await cloud.letters.list(10)).toEqual([]);
  await cloud.time.advance(0);
  expect(await keysOf(disk.store, 1)).toEqual([]);
});

test("a call that began in the old era leaves no record in the trail of the new one", async () => {
  const gate = Promise.withResolvers<void>();
  const { cloud, aws } = await cloudWith([], gate.promise);
  const call = aws.hello.SayHello({ Name: "a", To: "b" });
  await settles(call);
  await cloud.reset();
  gate.resolve();
  await call.catch(() => {});
  await cloud.trail.flush();
  const trail = cloud.context({
    service: { store: "trail", scope: "partition" },
    principal: rootOf("1"),
    place: { account: "", region: "" },
    requestId: "r",
  });
  expect(await trail.read((tx) => tx.list(trailRows, { limit: 10 }))).toEqual([]);
});

test("jobs of the old era do not run in the new one, whether they wait, run or are being written", async () => {
  const gate = Promise.withResolvers<void>();
  const runs: string[] = [];
  const working = job<{ name: string; waits?: boolean }>("hello/work", {
    async run(ctx, { name, waits }) {
      runs.push(name);
      if (waits) await gate.promise;
      await ctx.aws.hello.GetGreeting({ Name: name });
      return { again: 1_000 };
    },
  });
  const { cloud, context, disk, advance } = await cloudWith([working] as Job<never>[]);
  const enqueue = (name: string, delay: number, waits = false) =>
    context().transact((tx) => tx.enqueue(working, { name, waits }, { delay }));
  await enqueue("waiting", 10_000);
  await enqueue("running", 0, true);
  await settles(gate.promise);
  disk.hold();
  await enqueue("on-its-way", 0);
  const resetting = cloud.reset();
  await settles(resetting);
  disk.release();
  await resetting;
  gate.resolve();
  await advance("1d");
  await settles(gate.promise);
  expect(runs).toEqual(["running"]);
  expect(await list(context())).toEqual([]);
  await cloud.time.runUntilIdle(3_600_000);
  expect(cloud.clock.now()).toBe(TEST_START + 86_400_000);
});

test("a clock move of the old era does not move the clock of the new one", async () => {
  const gate = Promise.withResolvers<void>();
  const waiting = job<object>("hello/wait", { run: () => gate.promise });
  const { cloud, context } = await cloudWith([waiting] as Job<never>[]);
  const ctx = context();
  await ctx.transact((tx) => tx.enqueue(waiting, {}, { delay: 1_000 }));
  await ctx.durable();
  const moves = Promise.allSettled([cloud.time.advance(3_600_000), cloud.time.advance(3_600_000)]);
  await settles(moves);
  await cloud.reset();
  gate.resolve();
  await moves;
  expect(cloud.clock.now()).toBe(TEST_START);
  expect(cloud.clock.frozen).toBe(false);
  await cloud.time.advance(1_000);
  expect(cloud.clock.now()).toBe(TEST_START + 1_000);
});

test("two concurrent resets run one after the other, and calls in between fail or find it empty", async () => {
  const { cloud, aws, context } = await cloudWith();
  await write(context(), "a");
  const resets = [cloud.reset(), cloud.reset()];
  const calls = Array.from({ length: 20 }, (_, i) => aws.hello.GetGreeting({ Name: `n${i}` }));
  const answers = await Promise.allSettled(calls);
  await Promise.all(resets);
  for (const { status, ...rest } of answers) {
    if (status === "rejected") expect(rest).toMatchObject({ reason: { code: "ServiceUnavailable" } });
  }
  await aws.hello.GetGreeting({ Name: "z" });
  expect((await list(context())).map(({ name }) => name)).not.toContain("a");
});
