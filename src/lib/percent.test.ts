import { expect, test } from "vitest";
import { formDecoded, percentDecoded } from "./percent.ts";

test("escapes are decoded as UTF-8", () => {
  expect(percentDecoded("a%20b%C3%A4+c")).toBe("a bä+c");
});

test("plus signs of forms are spaces", () => {
  expect(formDecoded("a+b%2Bc")).toBe("a b+c");
});

test("an invalid escape is undefined", () => {
  expect(percentDecoded("50%")).toBeUndefined();
  expect(percentDecoded("%FF")).toBeUndefined();
});
