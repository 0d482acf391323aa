import { expect, test } from "vitest";
import { addressBytes, sharesPrefix } from "./ip-address.ts";

const hex = (text: string) => Buffer.from(addressBytes(text) ?? []).toString("hex");

test.each([
  ["10.0.0.255", "0a0000ff"],
  ["::", "0".repeat(32)],
  ["::1", `${"0".repeat(31)}1`],
  ["2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329"],
  ["::ffff:10.1.2.3", `${"0".repeat(20)}ffff0a010203`],
  ["fe80::", `fe80${"0".repeat(28)}`],
  ["10.0.0", ""],
  ["fe80::1%eth0", ""],
  ["example", ""],
])("%s: %s", (text, bytes) => {
  expect(hex(text)).toBe(bytes);
});

test.each([
  ["10.0.0.1", "10.0.0.2", 30, true],
  ["10.0.0.1", "10.0.0.2", 31, false],
  ["10.0.0.1", "11.0.0.1", 7, true],
  ["10.0.0.1", "11.0.0.1", 8, false],
  ["10.0.0.1", "10.0.0.1", 32, true],
  ["10.0.0.1", "::1", 0, false],
])("%s and %s share %i bits: %s", (a, b, bits, shared) => {
  expect(sharesPrefix(addressBytes(a)!, addressBytes(b)!, bits)).toBe(shared);
});
