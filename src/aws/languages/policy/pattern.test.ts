// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so policies write their variables
import { expect, test } from "vitest";
import { patternOf } from "./pattern.ts";

const keys = (name: string) => ({ "aws:username": "ann*", "s3:prefix": "p", list: ["a", "b"] })[name];
const fits = (pattern: string, text: string, options = {}) =>
  patternOf(pattern, { variables: true, ...options })(text, keys);

test.each([
  ["*", "", true],
  ["arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b", true],
  ["arn:aws:s3:::b/*", "arn:aws:s3:::b", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-b-c-d", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["A", "a", false],
  ["home/${aws:username}/*", "home/ann*/x", true],
  ["home/${aws:username}/*", "home/anna/x", false],
  ["home/${AWS:UserName}", "home/ann*", true],
  ["home/${aws:nobody}", "home/", false],
  ["home/${aws:nobody, 'all'}", "home/all", true],
  ["home/${list}", "home/a", false],
  ["${*}-${?}-${$}", "*-?-$", true],
  ["${*}", "a", false],
  ["${", "${", true],
])("%s, %s: %s", (pattern, text, expected) => expect(fits(pattern, text)).toBe(expected));

test("without variables, as in version 2008-10-17, their text is literal", () => {
  expect(fits("${aws:username}", "${aws:username}", { variables: false })).toBe(true);
});

test("patterns are case-sensitive by default", () => {
  expect(fits("S3:Get*", "s3:GETOBJECT", { ignoreCase: true })).toBe(true);
});

test("no pattern is slow", () => {
  expect(fits("*a".repeat(200), "a".repeat(50_000).concat("b"))).toBe(false);
});
