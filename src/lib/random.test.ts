import { expect, test } from "vitest";
import { BASE32, random } from "./random.ts";

test("the same seed gives the same sequence, another seed another one", () => {
  const draw = (seed: number) => {
    const { hex, uuid, below, text } = random(seed);
    return [hex(7), uuid(), below(1_000), text(16, BASE32)];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("a UUID is of version 4", () => {
  const { uuid } = random();
  for (let i = 0; i < 1_000; i++) {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test("numbers are below their bound and cover its whole range", () => {
  const { below } = random(3);
  const seen = new Set(Array.from({ length: 1_000 }, () => below(10)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
