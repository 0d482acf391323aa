import { expect, test } from "vitest";
import { random } from "#lib/random.ts";
import { contentRange, spanOf } from "./ranges.ts";

test.each([
  ["bytes=0-4", { start: 0, end: 5 }],
  ["bytes=2-", { start: 2, end: 10 }],
  ["bytes=-3", { start: 7, end: 10 }],
  ["bytes=-30", { start: 0, end: 10 }],
  ["bytes=8-30", { start: 8, end: 10 }],
  ["bytes=9-9", { start: 9, end: 10 }],
])("%s of ten bytes", (range, span) => {
  expect(spanOf(range, 10)).toEqual(span);
});

test.each([undefined, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b"])(
  "%s is ignored",
  (range) => {
    expect(spanOf(range, 10)).toBeUndefined();
  },
);

test.each(["bytes=10-", "bytes=10-12", "bytes=-0"])("%s of ten bytes is unsatisfiable", (range) => {
  expect(() => spanOf(range, 10)).toThrow(
    expect.objectContaining({
      code: "InvalidRange",
      status: 416,
      members: { RangeRequested: range, ActualObjectSize: 10 },
    }),
  );
});

test("any range of an empty object is unsatisfiable", () => {
  expect(() => spanOf("bytes=0-", 0)).toThrow("not satisfiable");
  expect(() => spanOf("bytes=-1", 0)).toThrow("not satisfiable");
});

test("a resolved range and its Content-Range are the requested bytes", () => {
  const chance = random(7);
  for (let round = 0; round < 2_000; round++) {
    const size = 1 + chance.below(20);
    const first = chance.below(size);
    const last = first + chance.below(20);
    const span = spanOf(`bytes=${first}-${last}`, size)!;
    const wanted = Array.from({ length: size }, (_, at) => at).filter((at) => at >= first && at <= last);
    expect([span.start, span.end - 1]).toEqual([wanted[0], wanted.at(-1)]);
    expect(contentRange(span, size)).toBe(`bytes ${wanted[0]}-${wanted.at(-1)}/${size}`);
  }
});
