import type { CloudClock, Shift } from "#lib/clock.ts";
import { collection } from "./collection.ts";
import type { Home } from "./home.ts";
import type { Scheduler } from "./scheduler.ts";

const history = collection<{ name: string; shifts: readonly Shift[] }>("kernel/clock", {
  scope: "partition",
  key: (c) => [c.name],
});

/** Control of the cloud's clock. Each change is on disk when its promise resolves. */
export interface Time {
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** Everything due in that span runs, in order, before this resolves. */
  advance(milliseconds: number): Promise<void>;
  runUntilIdle(horizon: number): Promise<void>;
}

/**
 * Hands the clock's state to the store. What is committed after that is on disk no earlier, so that after a crash no
 * record is of a later time than the clock.
 */
export async function rememberClock(clock: CloudClock, kernel: Home, frozen: boolean) {
  const last = clock.shifts.at(-1);
  const shifts = last ? [...clock.shifts.slice(0, -1), { ...last, frozen }] : [];
  return kernel.applyWrite(async (tx) => tx.put(history, { name: "clock", shifts }));
}

export function openTime(clock: CloudClock, scheduler: Scheduler, kernel: () => Home): Time {
  const persisted = async (move: () => Promise<void>) => {
    await move();
    await (await rememberClock(clock, kernel(), clock.frozen)).durable;
  };
  return {
    freeze: () => persisted(scheduler.freeze),
    resume: () => persisted(scheduler.resume),
    advance: (milliseconds) => persisted(() => scheduler.advance(milliseconds)),
    runUntilIdle: (horizon) => persisted(() => scheduler.runUntilIdle(horizon)),
  };
}

export async function restoreClock(clock: CloudClock, kernel: Home): Promise<void> {
  const stored = await kernel.read((tx) => tx.get(history, ["clock"]));
  clock.restore(stored?.shifts ?? []);
}
