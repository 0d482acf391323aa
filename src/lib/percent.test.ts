import { expect, test } from "vitest";
import { percentDecoded } from "./percent.ts";

test("escapes are decoded as UTF-8", () => {
  expect(percentDecoded("a%20b%C3%A4+c")).toBe("a bä+c");
});

test("an invalid escape is undefined", () => {
  expect(percentDecoded("50%")).toBeUndefined();
  expect(percentDecoded("%FF")).toBeUndefined();
});
