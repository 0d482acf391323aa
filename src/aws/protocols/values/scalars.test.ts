import { describe, expect, test } from "vitest";
import type { ScalarType } from "../../contract/format.ts";
import { operationOf } from "../testing.ts";
import { Malformed } from "./malformed.ts";
import { textReader } from "./scalars.ts";

function read(type: ScalarType, text: string): unknown {
  const { input } = operationOf({ Input: { type: "structure", members: { X: `$${type}` } } });
  const { shape } = input.members[0]!;
  if (shape.kind !== "scalar") throw new Error("not a scalar");
  return textReader(shape)(text);
}

describe("W1, W7: scalars as text", () => {
  test.each<[ScalarType, string, unknown]>([
    ["integer", " -5\n", -5],
    ["integer", "-2147483648", -(2 ** 31)],
    ["long", "+7", 7],
    ["long", "9223372036854775807", 2 ** 63],
    ["biginteger", "1234567890123456789", 1234567890123456789n],
    ["double", "1.5e3", 1500],
    ["double", ".5", 0.5],
    ["float", "NaN", Number.NaN],
    ["float", "-Infinity", Number.NEGATIVE_INFINITY],
    ["boolean", "True", true],
    ["boolean", "0", false],
    ["string", " kept ", " kept "],
    ["timestamp", "20261121T073627Z", new Date("2026-11-21T07:36:27Z")],
    ["timestamp", "2026-11-21T07:36:27", new Date("2026-11-21T07:36:27Z")],
    ["timestamp", "2026-11-21", new Date("2026-11-21T00:00:00Z")],
    ["timestamp", "1795246587.5", new Date("2026-11-21T07:36:27.500Z")],
    ["blob", "AQI=", Buffer.of(1, 2)],
  ])("%s %j", (type, text, value) => expect(read(type, text)).toEqual(value));

  test.each<[ScalarType, string]>([
    ["integer", ""],
    ["integer", "1.5"],
    ["integer", "9".repeat(41)],
    ["byte", "128"],
    ["short", "-32769"],
    ["integer", "2147483648"],
    ["long", "9223372036854785809"],
    ["double", "0x10"],
    ["double", "1".repeat(100_000).concat("x")],
    ["boolean", "yes"],
    ["timestamp", "2026-13-41"],
    ["timestamp", "1e99"],
    ["timestamp", "tomorrow"],
    ["blob", "§§"],
    ["blob", "QUJ\u202f"],
  ])("%s %.20j is refused", (type, text) => expect(() => read(type, text)).toThrow(Malformed));
});
