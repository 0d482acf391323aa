import { afterEach, expect, test, vi } from "vitest";
import { cloudClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { openScheduler } from "../work/scheduler.ts";
import { openWaits } from "./waits.ts";

afterEach(() => {
  vi.useRealTimers();
});

function fixture() {
  const clock = cloudClock(() => 1_000);
  const scheduler = openScheduler(clock, silentLog, async () => {});
  return { scheduler, waits: openWaits(scheduler, clock.now) };
}

test("ends when it is woken, and can be parked again", async () => {
  const { waits } = fixture();
  const wait = waits.open(20_000, undefined);
  let wakes = 0;
  const enter = (wake: () => void) => {
    wakes++;
    setImmediate(wake);
  };
  await wait.parked(enter);
  await wait.parked(enter);
  expect({ wakes, over: wait.over }).toEqual({ wakes: 2, over: false });
  wait.end();
});

test("ends at its time of the cloud's clock", async () => {
  const { waits, scheduler } = fixture();
  const wait = waits.open(20_000, undefined);
  const parked = wait.parked(() => {});
  await scheduler.advance(19_999);
  expect(wait.over).toBe(false);
  await scheduler.advance(1);
  await parked;
  expect([wait.over, wait.left]).toEqual([true, false]);
});

test("ends at its time of the real clock while the cloud's is frozen", async () => {
  vi.useFakeTimers();
  const { waits, scheduler } = fixture();
  scheduler.freeze();
  const wait = waits.open(20_000, undefined);
  const parked = wait.parked(() => {});
  await vi.advanceTimersByTimeAsync(20_000);
  await parked;
  expect(wait.over).toBe(true);
});

test("ends when the client disconnects, or has disconnected before", async () => {
  const { waits } = fixture();
  const client = new AbortController();
  const wait = waits.open(20_000, client.signal);
  const parked = wait.parked(() => {});
  client.abort();
  await parked;
  const late = waits.open(20_000, client.signal);
  await late.parked(() => {});
  expect([wait, late].map(({ over, left }) => [over, left])).toEqual([
    [true, true],
    [true, true],
  ]);
  late.end();
});

test("ends with the cloud", async () => {
  const { waits } = fixture();
  const parked = [1, 2].map(() => waits.open(20_000, undefined).parked(() => {}));
  waits.end();
  await Promise.all(parked);
});

test("reports when a number of calls are parked, and when they have left", async () => {
  const { waits } = fixture();
  const one = waits.open(20_000, undefined);
  const other = waits.open(20_000, undefined);
  const both = waits.reached(2);
  const parked = [one.parked(() => {}), other.parked(() => {})];
  await both;
  waits.end();
  await Promise.all(parked);
  await waits.reached(0);
});
