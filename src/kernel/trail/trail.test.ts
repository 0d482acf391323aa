import { expect, test } from "vitest";
import { silentLog } from "#lib/log.ts";
import { random } from "#lib/random.ts";
import { openHome } from "../records/home.ts";
import { dataKeys } from "../secrets/data-keys.ts";
import { TEST_MASTERS } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { recordsIn, rowOf, type TrailRecord, trailRows } from "./rows.ts";
import { openTrail } from "./trail.ts";

const DAY = 24 * 3_600_000;
const record = (n: number): TrailRecord => ({ eventTime: 0, eventID: `${n}`, recipientAccountId: "1" });

function trailOn(disk: ReturnType<typeof testDisk>, clock = { time: 0 }) {
  const home = openHome({
    era: Buffer.from([0, 0, 0, 1]),
    service: "trail",
    scope: "partition",
    place: { account: "", region: "" },
    process: 1,
    owner: "one",
    store: disk.store,
    clock: { now: () => clock.time },
    random: random(1),
    keys: dataKeys(TEST_MASTERS),
    ports: { sinks: {} },
    log: silentLog,
    claim: () => {},
  });
  const stored = () => home.read((tx) => tx.list(trailRows, { limit: 1_000 }));
  return { trail: openTrail({ write: home.write, log: silentLog }), stored };
}

test("no record is lost or repeated when the disk failed", async () => {
  const disk = testDisk();
  const { trail, stored } = trailOn(disk);
  trail.record(record(0));
  await trail.flush();
  disk.break();
  trail.record(record(1));
  await expect(trail.flush()).rejects.toThrow();
  disk.mend();
  await trail.flush();
  expect((await stored()).flatMap(recordsIn)).toEqual([record(0), record(1)]);
});

test("a flush also waits for records that an earlier flush has taken", async () => {
  const disk = testDisk();
  const { trail } = trailOn(disk);
  trail.record(record(0));
  await trail.flush();
  disk.hold();
  trail.record(record(1));
  void trail.flush();
  const later = trail.flush();
  expect(await settles(later)).toBe(false);
  disk.release();
  await later;
});

test("concurrent records are stored in rows of bounded size, in order, and deleted after 90 days", async () => {
  const clock = { time: 0 };
  const { trail, stored } = trailOn(testDisk(), clock);
  for (let n = 0; n < 499; n++) trail.record({ ...record(n), text: "\0".repeat(8_192) });
  await trail.flush();
  expect((await stored()).flatMap(recordsIn).map(({ eventID }) => Number(eventID))).toEqual(
    Array.from({ length: 499 }, (_, n) => n),
  );
  clock.time = 91 * DAY;
  for (let n = 0; n < 60; n++) {
    trail.record(record(n));
    await trail.flush();
  }
  expect(await stored()).toHaveLength(60);
});

test("while the store fails, the number of waiting records is bounded", async () => {
  const disk = testDisk();
  const { trail, stored } = trailOn(disk);
  trail.record(record(0));
  await trail.flush();
  disk.break();
  for (let n = 1; n <= 2_000; n++) {
    trail.record(record(n));
    if (n % 100 === 0) await trail.flush().catch(() => {});
  }
  disk.mend();
  await trail.flush();
  expect((await stored()).flatMap(recordsIn).length).toBeLessThan(700);
});

test("fields that records of a row have in common are stored once, and each record is restored", () => {
  const who = (name: string) => ({ type: "IAMUser", name });
  const records: TrailRecord[] = [
    { ...record(1), user: who("a"), source: "here", parameters: null },
    { ...record(2), user: who("a"), source: "there", parameters: { a: 1 } },
    { ...record(3), user: who("a"), source: "there", errorCode: "AccessDenied", parameters: { a: 1, b: 2 } },
  ];
  const row = { time: 0, order: 0, ...rowOf(records) };
  expect(row.common).toEqual({ eventTime: 0, recipientAccountId: "1", user: who("a") });
  expect(recordsIn(row)).toEqual(records);
  expect(rowOf([record(1)]).records).toEqual([{}]);
});
