import { expect, test } from "vitest";
import { hasInexactNumber, parseExactly } from "./exact-json.ts";

test.each([
  "12345678901234567890",
  "-0",
  "1.0",
  "1e5",
  "1E400",
  '{"a":[1.50,{"b":0.1000}],"c":"1.0","d":null,"e":true,"f":2}',
])("%s is printed as it was written", (text) => {
  expect(JSON.stringify(parseExactly(text))).toBe(text);
});

test("a number that JavaScript can represent is an ordinary number", () => {
  expect(parseExactly('{"a": 1, "b": [2.5]}')).toEqual({ a: 1, b: [2.5] });
});

test.each([
  ["-0", true],
  ['{"a":["\\"",1e2]}', true],
  ['["a\\\\",1.50]', true],
  ['{"1.0":"\\"1.0","n":[-1,0.5,1e-7]}', false],
])("whether %s has a number that is printed differently: %s", (text, isInexact) => {
  expect(hasInexactNumber(text)).toBe(isInexact);
});
