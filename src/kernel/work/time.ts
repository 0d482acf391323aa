import type { CloudClock, LastKnown } from "#lib/clock.ts";
import { collection } from "../records/collection.ts";
import type { Home } from "../records/home.ts";
import type { Scheduler } from "./scheduler.ts";

const history = collection<{ name: string } & Omit<LastKnown, "written">>("kernel/clock", {
  scope: "partition",
  key: (c) => [c.name],
});

/** Control of the cloud's clock. Each change is durable when its promise resolves. */
export interface Time {
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** Moves the clock forward. Resolves when all work that is due in that span has run, in order. */
  advance(milliseconds: number): Promise<void>;
  runUntilIdle(horizon: number): Promise<void>;
}

/**
 * Writes the clock's state to the store. Later commits become durable no earlier, so after a crash no record
 * is newer than the clock.
 */
export async function rememberClock(clock: CloudClock, kernel: Home, frozen: boolean) {
  const last = clock.shifts.at(-1);
  const shifts = last ? [...clock.shifts.slice(0, -1), { ...last, frozen }] : [];
  return kernel.applyWrite(async (tx) => tx.put(history, { name: "clock", shifts, lead: clock.lead }));
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

export async function restoreClock(clock: CloudClock, kernel: Home, written?: number): Promise<void> {
  const stored = await kernel.read((tx) => tx.get(history, ["clock"]));
  clock.restore({ ...stored, written });
  await keepLead(clock, kernel);
}

/** Makes sure that the next start knows how far the clock is ahead, since the store's files are of the real time. */
export async function keepLead(clock: CloudClock, kernel: Home): Promise<void> {
  if (clock.lead) await (await rememberClock(clock, kernel, clock.frozen)).durable;
}
