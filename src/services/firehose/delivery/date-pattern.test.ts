import { expect, test } from "vitest";
import { parseDatePattern } from "./date-pattern.ts";

test.each([
  ["yyyy/MM/dd/HH", "2026/03/04/05"],
  ["yy-M-d H:m:s.SSS", "26-3-4 5:6:7.008"],
  ["EEE, dd MMM yyyy", "Wed, 04 Mar 2026"],
  ["EEEE MMMM", "Wednesday March"],
  ["hh a D", "05 AM 63"],
  ["G QQQ w W F e", "AD Q1 10 1 1 4"],
  ["A n g", "18367008 8000000 61103"],
  ["X x Z O xxx", "+09 +09 +0900 GMT+9 +09:00"],
  ["YYYY-'T'[HH]", "2026-T05"],
  ["'year='yyyy'' ''''", "year=2026' '"],
])("the date pattern %s is formatted", (pattern, written) => {
  expect(parseDatePattern(pattern)!(new Date(Date.UTC(2026, 2, 4, 5, 6, 7, 8)), 9 * 60)).toBe(written);
});

test.each([..."CIJPRTUVbfijloprt#"])("%s is not a valid letter of a date pattern", (sign) => {
  expect(parseDatePattern(`yyyy${sign}`)).toBeUndefined();
});
