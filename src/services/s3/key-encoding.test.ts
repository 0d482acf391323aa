import { expect, test } from "vitest";
import { formEncodedKey, pathEncodedKey } from "./key-encoding.ts";

test("in a form a space is +, and the marks are encoded that URLs leave alone", () => {
  expect(formEncodedKey("a b/ü+~*(1)!.txt")).toBe("a+b/%C3%BC%2B%7E*%281%29%21.txt");
});

test("in a path a space is %20, and slashes stay", () => {
  expect(pathEncodedKey("a b/ü+~?.txt")).toBe("a%20b/%C3%BC%2B~%3F.txt");
});

test("half a character has an encoding, too", () => {
  expect([formEncodedKey("\ud800"), pathEncodedKey("\ud800/\n")]).toEqual(["%EF%BF%BD", "%EF%BF%BD/%0A"]);
});
