import { afterEach, expect, test } from "vitest";
import { silentLog } from "#lib/log.ts";
import { random } from "#lib/random.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { collection } from "./collection.ts";
import { openHome } from "./home.ts";
import { type Ledger, openLedger, type TrailRecord, type Usage } from "./ledger.ts";
import { settles, testDisk } from "./testing-disk.ts";

const HOUR = 3_600_000;
const SQS = { account: "1", region: "r", service: "sqs", kind: "SendMessage" };
const usage = collection<Usage>("kernel/usage", { scope: "partition", key: () => [] });
const trail = collection<{ records: TrailRecord[] }>("kernel/trail", { scope: "partition", key: () => [] });

const open: Ledger[] = [];
afterEach(async () => {
  for (const ledger of open.splice(0)) await ledger.close().catch(() => {});
});

function ledgerOn(store: KeyValueStore, clock: { time: number }, owner = "one") {
  const home = openHome({
    era: Buffer.from([0, 0, 0, 1]),
    service: "ledger",
    scope: "partition",
    place: { account: "", region: "" },
    process: 1,
    owner,
    store,
    clock: { now: () => clock.time },
    random: random(1),
    ports: { sinks: {} },
    claim: () => {},
  });
  const ledger = openLedger({ now: () => clock.time, write: home.write, log: silentLog });
  open.push(ledger);
  return {
    ledger,
    home,
    usage: async () =>
      (await home.read((tx) => tx.list(usage, { limit: 100 }))).map(({ hour, amount }) => [
        hour / HOUR,
        amount,
      ]),
    trail: () => home.read((tx) => tx.list(trail, { limit: 1_000 })),
  };
}

const record = (n: number): TrailRecord => ({ eventTime: 0, eventID: `${n}`, recipientAccountId: "1" });

test("usage is counted by the hour, across flushes and restarts", async () => {
  const disk = testDisk();
  const clock = { time: 0 };
  const first = ledgerOn(disk.store, clock);
  for (const time of [0, HOUR - 1, HOUR]) {
    clock.time = time;
    first.ledger.count(SQS, 2);
    await first.ledger.flush();
  }
  await first.home.close();
  const second = ledgerOn(disk.store, clock, "two");
  second.ledger.count(SQS, 5);
  await second.ledger.flush();
  expect(await second.usage()).toEqual([
    [0, 4],
    [1, 7],
  ]);
});

test("nothing is counted twice or forgotten where the disk failed", async () => {
  const disk = testDisk();
  const { ledger, usage, trail } = ledgerOn(disk.store, { time: 0 });
  ledger.count(SQS, 1);
  await ledger.flush();
  disk.break();
  ledger.count(SQS, 2);
  ledger.record(record(1));
  await expect(ledger.flush()).rejects.toThrow();
  ledger.count(SQS, 4);
  disk.mend();
  await ledger.flush();
  expect(await usage()).toEqual([[0, 7]]);
  expect((await trail()).flatMap(({ records }) => records)).toEqual([record(1)]);
});

test("an hour may end while its last flushes are on their way", async () => {
  const disk = testDisk();
  const clock = { time: 0 };
  const { ledger, usage } = ledgerOn(disk.store, clock);
  ledger.count(SQS, 1);
  await ledger.flush();
  const flushes: Promise<void>[] = [];
  for (const time of [0, 0, HOUR, HOUR]) {
    clock.time = time;
    ledger.count(SQS, 1);
    flushes.push(ledger.flush());
  }
  await Promise.all(flushes);
  ledger.count(SQS, 1);
  await ledger.flush();
  expect(await usage()).toEqual([
    [0, 3],
    [1, 3],
  ]);
});

test("who flushes waits for what an earlier flush has taken", async () => {
  const disk = testDisk();
  const { ledger } = ledgerOn(disk.store, { time: 0 });
  ledger.count(SQS, 1);
  await ledger.flush();
  disk.hold();
  ledger.record(record(1));
  void ledger.flush();
  const later = ledger.flush();
  expect(await settles(later)).toBe(false);
  disk.release();
  await later;
});

test("records that came at once stand in rows of bounded size, in order, and what is 90 days old goes", async () => {
  const clock = { time: 0 };
  const { ledger, trail } = ledgerOn(testDisk().store, clock);
  for (let n = 0; n < 499; n++) ledger.record({ ...record(n), text: "\0".repeat(8_192) });
  await ledger.flush();
  expect((await trail()).flatMap(({ records }) => records).map(({ eventID }) => Number(eventID))).toEqual(
    Array.from({ length: 499 }, (_, n) => n),
  );
  clock.time = 91 * 24 * HOUR;
  for (let n = 0; n < 60; n++) {
    ledger.record(record(n));
    await ledger.flush();
  }
  expect(await trail()).toHaveLength(60);
});

test("while the store is out of order, what waits is bounded", async () => {
  const disk = testDisk();
  const { ledger, trail } = ledgerOn(disk.store, { time: 0 });
  ledger.record(record(0));
  await ledger.flush();
  disk.break();
  for (let n = 1; n <= 2_000; n++) {
    ledger.record(record(n));
    if (n % 100 === 0) await ledger.flush().catch(() => {});
  }
  disk.mend();
  await ledger.flush();
  const kept = (await trail()).flatMap(({ records }) => records);
  expect(kept.length).toBeLessThan(700);
});
