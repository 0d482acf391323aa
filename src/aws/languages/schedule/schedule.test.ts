import { describe, expect, test } from "vitest";
import { nextOccurrence, parseSchedule } from "./schedule.ts";
import { isTimeZone } from "./time-zone.ts";

/** The first occurrences of a schedule after a given time. */
function times(expression: string, from: string, count = 2, timeZone = "UTC"): string[] {
  const schedule = parseSchedule(expression)!;
  const start = Date.parse(from);
  const found: string[] = [];
  for (let after: number | undefined = start; found.length < count; ) {
    after = nextOccurrence(schedule, { after: after!, start, timeZone });
    if (after === undefined) break;
    found.push(new Date(after).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("a rate", () => {
  test.each([
    ["rate(1 minute)", ["2026-01-01T00:01Z", "2026-01-01T00:02Z"]],
    ["rate(12 hours)", ["2026-01-01T12:00Z", "2026-01-02T00:00Z"]],
    ["rate(1 day)", ["2026-01-02T00:00Z", "2026-01-03T00:00Z"]],
  ])("%s", (expression, expected) => {
    expect(times(expression, "2026-01-01T00:00Z")).toEqual(expected);
  });

  test("has one unit in the singular and several in the plural, in strict mode", () => {
    expect(parseSchedule("rate(1 hours)")).toBeUndefined();
    for (const text of ["rate(1 hours)", "rate(1hour)", "RATE(1 hour)"]) {
      expect(parseSchedule(text, { strict: false })).toEqual(parseSchedule("rate(1 hour)"));
      expect(parseSchedule(text)).toBeUndefined();
    }
  });

  test("keeps its rhythm when it is evaluated late", () => {
    const start = Date.parse("2026-01-01T00:00Z");
    const late = { start, after: start + 150_000 };
    expect(nextOccurrence(parseSchedule("rate(1 minute)")!, late)).toBe(start + 180_000);
  });
});

describe("cron", () => {
  test.each([
    ["cron(0 10 * * ? *)", "2026-01-01T10:00Z", ["2026-01-02T10:00Z", "2026-01-03T10:00Z"]],
    ["cron(15 12 * * ? *)", "2026-01-01T10:00Z", ["2026-01-01T12:15Z", "2026-01-02T12:15Z"]],
    ["cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00Z", ["2026-01-05T18:00Z", "2026-01-06T18:00Z"]],
    ["cron(0 8 1 * ? *)", "2026-01-02T00:00Z", ["2026-02-01T08:00Z", "2026-03-01T08:00Z"]],
    ["cron(0/15 * * * ? *)", "2026-01-01T00:44Z", ["2026-01-01T00:45Z", "2026-01-01T01:00Z"]],
    ["cron(0/30 20-2 ? * MON-FRI *)", "2026-01-02T22:59Z", ["2026-01-02T23:00Z", "2026-01-02T23:30Z"]],
    ["cron(0 0 L * ? *)", "2028-02-01T00:00Z", ["2028-02-29T00:00Z", "2028-03-31T00:00Z"]],
    ["cron(0 0 LW * ? *)", "2026-01-01T00:00Z", ["2026-01-30T00:00Z", "2026-02-27T00:00Z"]],
    ["cron(0 0 1W * ? *)", "2026-07-15T00:00Z", ["2026-08-03T00:00Z", "2026-09-01T00:00Z"]],
    ["cron(0 0 31W * ? *)", "2026-02-01T00:00Z", ["2026-03-31T00:00Z", "2026-05-29T00:00Z"]],
    ["cron(0 0 ? * 6L *)", "2026-01-01T00:00Z", ["2026-01-30T00:00Z", "2026-02-27T00:00Z"]],
    ["cron(0 0 ? * TUE#2 *)", "2026-01-01T00:00Z", ["2026-01-13T00:00Z", "2026-02-10T00:00Z"]],
    ["cron(0 0 ? * FRI-MON *)", "2026-01-05T00:00Z", ["2026-01-09T00:00Z", "2026-01-10T00:00Z"]],
    ["cron(0 0 29 2 ? *)", "2026-01-01T00:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]],
    ["cron(0 0 1 jan ? 2027,2030)", "2026-01-01T00:00Z", ["2027-01-01T00:00Z", "2030-01-01T00:00Z"]],
    ["cron(5,10 0 1 1 ? 2026)", "2026-01-01T00:05Z", ["2026-01-01T00:10Z"]],
    ["cron(0 0 31 2 ? *)", "2026-01-01T00:00Z", []],
  ])("%s from %s", (expression, from, expected) => {
    expect(times(expression, from)).toEqual(expected);
  });

  test("follows the local time of its zone", () => {
    expect(times("cron(0 9 * * ? *)", "2026-03-28T00:00Z", 3, "Europe/Berlin")).toEqual([
      "2026-03-28T08:00Z",
      "2026-03-29T07:00Z",
      "2026-03-30T07:00Z",
    ]);
  });

  test("does not fire in the hour that is skipped, and fires once in the one that is repeated", () => {
    expect(times("cron(30 2 * * ? *)", "2026-03-28T12:00Z", 1, "Europe/Berlin")).toEqual([
      "2026-03-30T00:30Z",
    ]);
    expect(times("cron(30 2 * * ? *)", "2026-10-24T12:00Z", 2, "Europe/Berlin")).toEqual([
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
  });
});

describe("at", () => {
  test("fires once", () => {
    expect(times("at(2026-02-01T12:00:30)", "2026-01-01T00:00Z")).toEqual(["2026-02-01T12:00:30.000Z"]);
    expect(times("at(2026-02-01T12:00:00)", "2026-02-01T12:00Z")).toEqual([]);
  });

  test("is in its time zone", () => {
    expect(times("at(2026-07-01T12:00:00)", "2026-01-01T00:00Z", 1, "America/New_York")).toEqual([
      "2026-07-01T16:00Z",
    ]);
    expect(times("at(2026-03-29T02:30:00)", "2026-01-01T00:00Z", 1, "Europe/Berlin")).toEqual([
      "2026-03-29T01:30Z",
    ]);
  });
});

test.each([
  "",
  "rate(0 minutes)",
  "rate(1 minutes)",
  "rate(5 minute)",
  "rate(5 seconds)",
  "rate(-1 minute)",
  "rate(1.5 hours)",
  "rate( 5 minutes)",
  "rate(99999999999 days)",
  "cron(* * * * * *)",
  "cron(0 0 ? * ? *)",
  "cron(0 0 * * ?)",
  "cron(60 0 * * ? *)",
  "cron(0 24 * * ? *)",
  "cron(0 0 32 * ? *)",
  "cron(0 0 0 * ? *)",
  "cron(0 0 * 13 ? *)",
  "cron(0 0 ? * 8 *)",
  "cron(0 0 ? * MON#6 *)",
  "cron(0 0 ? * 8L *)",
  "cron(0 0 * * ? 1969)",
  "cron(0/0 0 * * ? *)",
  "cron(1-2-3 0 * * ? *)",
  "cron(a 0 * * ? *)",
  "at(2026-02-30T00:00:00)",
  "at(2026-01-01)",
  "every(5 minutes)",
])("%s is not a schedule", (expression) => {
  expect(parseSchedule(expression)).toBeUndefined();
});

test.each([
  ["UTC", true],
  ["America/Argentina/Buenos_Aires", true],
  ["Etc/GMT+5", true],
  ["+05:00", false],
  ["Nowhere/Else", false],
  ["", false],
])("time zone %s: %s", (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});
