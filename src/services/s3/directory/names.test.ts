import { expect, test } from "vitest";
import { hasZone, isDirectoryName, zoneIn } from "./names.ts";

test.each([
  ["a--use1-az4--x-s3", "use1-az4"],
  ["a-b--c--usw2-az1--x-s3", "usw2-az1"],
  ["0--apne1-az4--x-s3", "apne1-az4"],
  [`${"a".repeat(47)}--use1-az4--x-s3`, "use1-az4"],
  [`${"a".repeat(48)}--use1-az4--x-s3`, undefined],
  ["--use1-az4--x-s3", undefined],
  ["-a--use1-az4--x-s3", undefined],
  ["a---use1-az4--x-s3", undefined],
  ["A--use1-az4--x-s3", undefined],
  ["a.b--use1-az4--x-s3", undefined],
  ["a--use1--x-s3", undefined],
  ["a--x-s3", undefined],
  ["xn--a--use1-az4--x-s3", undefined],
  ["a--use1-az4--x-s3b", undefined],
])("%s is in the zone %s", (name, zone) => {
  expect(zoneIn(name)).toBe(zone);
});

test("the suffix alone tells the kind, and zones belong to Regions", () => {
  expect([isDirectoryName("a--x-s3"), isDirectoryName("a-x-s3")]).toEqual([true, false]);
  expect([hasZone("us-east-1", "use1-az4"), hasZone("us-east-2", "use1-az4"), hasZone("local", "z")]).toEqual(
    [true, false, false],
  );
});
