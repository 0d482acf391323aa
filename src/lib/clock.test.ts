import { expect, test } from "vitest";
import { cloudClock } from "./clock.ts";

const START = 1_000_000_000;
const HOUR = 3_600_000;

function clockOn() {
  const wall = { now: START };
  return { wall, clock: cloudClock(() => wall.now) };
}

test("the clock follows the real one, forwards also in leaps", () => {
  const { wall, clock } = clockOn();
  expect(clock.now()).toBe(START);
  wall.now += HOUR;
  expect(clock.now()).toBe(START + HOUR);
});

test("the clock continues when the real one is set back", () => {
  const { wall, clock } = clockOn();
  expect(clock.now()).toBe(START);
  wall.now -= HOUR;
  expect(clock.now()).toBe(START);
  wall.now += 10_000;
  expect(clock.now()).toBe(START + 9_000);
  wall.now -= 1;
  expect(clock.now()).toBe(START + 9_000);
});

test("a clock that is ahead loses a tenth of the elapsed time until it agrees with the real one", () => {
  const { wall, clock } = clockOn();
  clock.now();
  wall.now -= HOUR;
  for (let minute = 0; minute < 599; minute++) {
    const before = clock.now();
    wall.now += 60_000;
    expect(clock.now() - before).toBe(54_000);
  }
  expect(clock.now() - wall.now).toBe(6_000);
  wall.now += 60_000;
  expect(clock.now()).toBe(wall.now);
  wall.now += 60_000;
  expect(clock.now()).toBe(wall.now);
});

test("a clock that is read every millisecond still comes closer", () => {
  const { wall, clock } = clockOn();
  clock.now();
  wall.now -= 1_000;
  for (let ms = 0; ms < 10_000; ms++) {
    wall.now++;
    clock.now();
  }
  expect(clock.now()).toBe(wall.now);
});

test("a real time after the setback is the same time ahead", () => {
  const { wall, clock } = clockOn();
  clock.now();
  wall.now -= HOUR;
  expect(clock.now()).toBe(START);
  expect(clock.cloudTimeOf(wall.now)).toBe(START);
});

test("the clock continues from the last write, if the real one was set back in the meantime", () => {
  const { wall, clock } = clockOn();
  clock.restore({ written: START + HOUR });
  expect(clock.now()).toBe(START + HOUR);
  wall.now += 10_000;
  expect(clock.now()).toBe(START + HOUR + 9_000);
  clock.restore({
    shifts: [{ wall: START - HOUR, cloud: START + HOUR, frozen: false }],
    written: START,
  });
  expect(clock.now()).toBe(START + 2 * HOUR + 10_000);
});

test("a last write that is far ahead of the real time is of a clock that was wrong", () => {
  const { wall, clock } = clockOn();
  clock.restore({ written: START + 25 * HOUR });
  expect(clock.now()).toBe(wall.now);
});

test("a frozen and a moved clock are not set back either", () => {
  const { wall, clock } = clockOn();
  clock.freeze();
  wall.now -= HOUR;
  expect(clock.now()).toBe(START);
  clock.moveTo(START + 5);
  clock.resume();
  expect(clock.now()).toBe(START + 5);
  wall.now -= HOUR;
  expect(clock.now()).toBe(START + 5);
  wall.now += 10;
  expect(clock.now()).toBe(START + 14);
});
