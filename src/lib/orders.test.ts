import { expect, test } from "vitest";
import { numberQueue } from "./number-queue.ts";
import { random } from "./random.ts";
import { timetable } from "./timetable.ts";

test("a number queue behaves like an array with push and shift", () => {
  const { below } = random(7);
  const queue = numberQueue();
  let model: number[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (step < 10_000 ? below(5) > 1 : below(5) === 0) {
      queue.push(step);
      model.push(step);
    } else {
      const count = below(step < 10_000 ? 2 : 6);
      queue.drop(count);
      model = model.slice(count);
    }
    const place = below(model.length + 2);
    expect([queue.size, queue.at(0), queue.at(place)]).toEqual([model.length, model[0], model[place]]);
  }
});

test("a timetable returns values by time, then by value", () => {
  const { below } = random(8);
  const table = timetable();
  const model: [number, number][] = [];
  for (let step = 0; step < 16_000; step++) {
    if (step < 9_000 ? below(5) > 1 : below(5) === 0) {
      const time = below(100);
      table.add(time, step);
      model.push([time, step]);
      model.sort(([a, x], [b, y]) => a - b || x - y);
    } else {
      expect(table.next()).toBe(model[0]?.[0]);
      expect(table.take()).toBe(model.shift()?.[1]);
    }
    expect(table.size).toBe(model.length);
  }
});
