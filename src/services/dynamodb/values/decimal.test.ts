import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDecimals,
  centesimalBytes,
  compareDecimals,
  type Decimal,
  decimalBytes,
  formatDecimal,
  parseDecimal,
} from "./decimal.ts";

const read = (text: string) => parseDecimal(text) as Decimal;

test.each([
  ["0", "0"],
  ["-0.00", "0"],
  ["007", "7"],
  ["1.500", "1.5"],
  ["+.5", "0.5"],
  ["5.", "5"],
  ["1e3", "1000"],
  ["-12.5E-3", "-0.0125"],
  ["1E125", `1${"0".repeat(125)}`],
  ["1E-130", `0.${"0".repeat(129)}1`],
  ["9".repeat(38), "9".repeat(38)],
  [`${"0".repeat(50)}1`, "1"],
])("%s is %s", (text, plain) => {
  expect(formatDecimal(read(text))).toBe(plain);
});

test.each([
  ["", "not-a-number"],
  [".", "not-a-number"],
  ["1e", "not-a-number"],
  ["0x1", "not-a-number"],
  [" 1", "not-a-number"],
  ["NaN", "not-a-number"],
  ["1".repeat(2_000), "not-a-number"],
  [`1${"0".repeat(37)}.1`, "too-precise"],
  ["1E126", "overflow"],
  ["1E-131", "underflow"],
])("%s: %s", (text, fault) => {
  expect(parseDecimal(text)).toBe(fault);
});

test.each([
  ["1", "2", "3"],
  ["0.1", "0.2", "0.3"],
  ["-5", "5", "0"],
  ["1E30", "1E-5", "1000000000000000000000000000000.00001"],
  ["0", "-7.5", "-7.5"],
  [`${"9".repeat(38)}`, "1", `1${"0".repeat(38)}`],
  ["1E37", "1", `1${"0".repeat(36)}1`],
])("%s + %s = %s", (a, b, sum) => {
  expect(formatDecimal(addDecimals(read(a), read(b)) as Decimal)).toBe(sum);
});

test.each([
  ["0", [0x80]],
  ["1", [193, 2]],
  ["10", [193, 11]],
  ["100", [194, 2]],
  ["-1", [62, 100, 102]],
  ["123", [194, 2, 24]],
  ["0.5", [192, 51]],
])("%s in pairs of digits", (text, bytes) => {
  expect([...centesimalBytes(read(text))]).toEqual(bytes);
});

test("sums of integers, short and long", () => {
  const integers = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }).map((n) => n / 10n ** (n & 15n));
  const round = fc
    .tuple(integers, fc.integer({ min: 0, max: 16 }))
    .map(([n, zeros]) => n * 10n ** BigInt(zeros));
  const either = fc.oneof(integers, round);
  fc.assert(
    fc.property(either, either, (a, b) => {
      expect(formatDecimal(addDecimals(read(`${a}`), read(`${b}`)) as Decimal)).toBe(`${a + b}`);
    }),
  );
});

test.each([
  ["9E125", "9E125", "overflow"],
  ["1E38", "1", "too-precise"],
  ["1", "-1E-39", "too-precise"],
])("%s + %s: %s", (a, b, fault) => {
  expect(addDecimals(read(a), read(b))).toBe(fault);
});

describe("order", () => {
  const decimals = fc
    .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }), fc.integer({ min: -129, max: 126 }))
    .map(([negative, digits, power]) => read(`${negative ? "-" : ""}0.${digits}E${power}`));

  test("of encoded numbers is that of the numbers", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(Math.sign(Buffer.compare(decimalBytes(a), decimalBytes(b)))).toBe(
          Math.sign(compareDecimals(a, b)),
        );
      }),
    );
  });

  test("of close numbers, and of those with a common prefix", () => {
    const sorted = [
      "-9.9E125",
      "-1E125",
      "-9.9E124",
      "-1E10",
      "-12.01",
      "-12",
      "-1.2",
      "-1",
      "-0.5",
      "-1E-130",
      "0",
      "1E-130",
      "0.5",
      "1",
      "1.2",
      "12",
      "12.01",
      "1E10",
      "9.9E124",
      "1E125",
      "9.9E125",
    ];
    const shuffled = sorted.toReversed().map(read);
    const back = shuffled.sort((a, b) => Buffer.compare(decimalBytes(a), decimalBytes(b))).map(formatDecimal);
    expect(back).toEqual(sorted.map((text) => formatDecimal(read(text))));
  });
});
