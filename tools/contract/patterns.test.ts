import { describe, expect, test } from "vitest";
import { translatePattern } from "./patterns.ts";

/** The texts that the translated pattern matches as a whole. */
function matcher(pattern: string): (text: string) => boolean {
  const { source, flags } = translatePattern(pattern) ?? { source: pattern, flags: "u" };
  const regex = new RegExp(`^(?:${source})$`, flags);
  return (text) => regex.test(text);
}

test.each([
  "[a-zA-Z0-9_.-]+",
  "^arn:aws(-\\w+)*:iam::\\d{12}:role\\/.+$",
  "[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*",
  "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*",
  "[0-9A-Za-z\\.\\-_]*(?<!\\.)",
  "[\\s\\S]*",
])("leaves %s as it is", (pattern) => {
  expect(translatePattern(pattern)).toBeUndefined();
});

test("takes away needless backslashes, which the u flag refuses", () => {
  expect(translatePattern("[\\w\\:\\-\\_]+\\-\\_\\:")).toEqual({ source: "[\\w:\\-_]+-_:", flags: "u" });
});

test("reads white space as Java does: ASCII only", () => {
  for (const pattern of ["\\s", "[\\s]", "[^\\S]"]) {
    expect(matcher(pattern)("\u000b")).toBe(true);
    expect(matcher(pattern)("\u00a0")).toBe(false);
  }
  for (const pattern of ["\\S", "[\\S]", "[^\\s]"]) {
    expect(matcher(pattern)("\u00a0")).toBe(true);
    expect(matcher(pattern)(" ")).toBe(false);
  }
});

test("reads POSIX classes as ASCII, in and out of brackets", () => {
  expect(matcher("\\p{Print}+")("a b~")).toBe(true);
  expect(matcher("\\p{Print}+")("é")).toBe(false);
  expect(matcher("[\\p{Print}\\n]+")("a\nb")).toBe(true);
});

test("lets a hyphen beside a set stand for itself", () => {
  expect(matcher("[\\p{Z}-_]+")("- _")).toBe(true);
  expect(matcher("[\\w-\\/]+")("a-/")).toBe(true);
});

test("carries an inline flag to the end of its group", () => {
  expect(matcher("(?i)all|[0-9]{12}")("ALL")).toBe(true);
  expect(matcher("(?s).*")("a\nb")).toBe(true);
  const named = matcher("^(?![^:]*/action/|(?i).*<script>.*)[^:]+$");
  expect(named("a<SCRIPT>b")).toBe(false);
  expect(named("x/ACTION/y")).toBe(true);
});

describe("refuses what would change its meaning silently", () => {
  test.each([
    "a++",
    "[a-z&&[^b]]",
    "[a[bc]]",
    "\\p{Alpha}",
    "\\P{Print}",
    "\\Qa\\E",
    "\\h",
    "a(?i)b",
    "[\\Sa]",
  ])("%s", (pattern) =>
    expect(() => translatePattern(pattern)).toThrow(/Unknown construct|no regular expression/),
  );
});
