import { expect, test } from "vitest";
import { formEncodedKey, pathEncodedKey } from "./key-encoding.ts";

test("form encoding writes spaces as +, and encodes marks that URLs leave alone", () => {
  expect(formEncodedKey("a b/ü+~*(1)!.txt")).toBe("a+b/%C3%BC%2B%7E*%281%29%21.txt");
});

test("path encoding writes spaces as %20, and keeps slashes", () => {
  expect(pathEncodedKey("a b/ü+~?.txt")).toBe("a%20b/%C3%BC%2B~%3F.txt");
});

test("a lone surrogate can be encoded", () => {
  expect([formEncodedKey("\ud800"), pathEncodedKey("\ud800/\n")]).toEqual(["%EF%BF%BD", "%EF%BF%BD/%0A"]);
});
