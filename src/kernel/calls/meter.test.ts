import { expect, test, vi } from "vitest";
import { silentLog } from "#lib/log.ts";
import { random } from "#lib/random.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { collection } from "../records/collection.ts";
import { openHome } from "../records/home.ts";
import type { ReadTransaction } from "../records/transaction.ts";
import { dataKeys } from "../secrets/data-keys.ts";
import { TEST_MASTERS } from "../testing.ts";
import { testDisk } from "../testing-disk.ts";
import { openMeter, type Usage, usageRows } from "./meter.ts";

const HOUR = 3_600_000;
const PLACE = { account: "1", region: "r" };

const notes = collection<{ text: string }>("test/note", { scope: "partition", key: (n) => [n.text] });

function homeOn(store: KeyValueStore, clock = { time: 0 }, owner = "one") {
  const home = openHome({
    era: Buffer.from([0, 0, 0, 1]),
    service: "sqs",
    scope: "partition",
    place: PLACE,
    process: 1,
    owner,
    store,
    clock: { now: () => clock.time },
    random: random(1),
    keys: dataKeys(TEST_MASTERS),
    ports: { sinks: {} },
    log: silentLog,
    claim: () => {},
  });
  const count = (amount: number) => home.meter.count(PLACE, "SendMessage", amount);
  const commit = () => home.write((tx) => tx.put(notes, { text: "anything" }));
  const usage = async () =>
    (await home.read((tx) => tx.list(usageRows.partition, { limit: 100 }))).map((u) => [
      u.hour / HOUR,
      u.amount,
    ]);
  return { home, count, commit, usage };
}

test("usage is counted by the hour, in the commits of its partition, across restarts", async () => {
  const disk = testDisk();
  const clock = { time: 0 };
  const first = homeOn(disk.store, clock);
  for (const time of [0, HOUR - 1, HOUR]) {
    clock.time = time;
    first.count(2);
    await first.commit();
  }
  first.count(1);
  await first.home.close();
  const second = homeOn(disk.store, clock, "two");
  second.count(5);
  await second.commit();
  expect(await second.usage()).toEqual([
    [0, 4],
    [1, 8],
  ]);
});

test("no usage is counted twice or lost when the disk failed or a transaction threw", async () => {
  const disk = testDisk();
  const { home, count, commit, usage } = homeOn(disk.store);
  count(1);
  await commit();
  disk.break();
  count(2);
  await expect(commit()).rejects.toThrow();
  disk.mend();
  count(4);
  const failing = home.write(() => {
    throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  await commit();
  expect(await usage()).toEqual([[0, 7]]);
});

test("the usage of reads is written within a second, or at the end", async () => {
  const disk = testDisk();
  const { home, count } = homeOn(disk.store);
  count(3);
  await home.write(() => {});
  expect(disk.groups).toBe(0);
  await home.close();
  expect(await homeOn(disk.store, undefined, "two").usage()).toEqual([[0, 3]]);
});

test("after the clock was set back, usage counts in the hour that it shows", async () => {
  const disk = testDisk();
  const clock = { time: 5 * HOUR };
  const { count, commit, usage } = homeOn(disk.store, clock);
  for (const time of [5 * HOUR, 2 * HOUR, 5 * HOUR]) {
    clock.time = time;
    count(1);
  }
  await commit();
  expect(await usage()).toEqual([
    [2, 1],
    [5, 2],
  ]);
});

function meterWith(write: () => Promise<void>) {
  return openMeter({
    service: "sqs",
    scope: "partition",
    clock: { now: () => 0 },
    log: silentLog,
    rowOf: ({ amount }) => ({ key: Buffer.from("key"), value: Buffer.from(String(amount)) }),
    write,
  });
}

test("usage that is counted while an earlier process's total is being read is not lost", async () => {
  const meter = meterWith(async () => {});
  const stored = Promise.withResolvers<Pick<Usage, "amount">>();
  meter.count(PLACE, "SendMessage", 1);
  const learning = meter.learn({ get: () => stored.promise } as unknown as ReadTransaction);
  meter.count(PLACE, "SendMessage", 2);
  stored.resolve({ amount: 10 });
  await learning;
  expect(meter.accompany()?.rows.map(({ value }) => String(value))).toEqual(["13"]);
  meter.stop();
});

test("usage that is counted after the end does not cause repeated writes", async () => {
  vi.useFakeTimers();
  const write = vi.fn(async () => {
    throw new Error("closed");
  });
  const meter = meterWith(write);
  meter.stop();
  meter.count(PLACE, "SendMessage", 1);
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  expect(write).not.toHaveBeenCalled();
});
