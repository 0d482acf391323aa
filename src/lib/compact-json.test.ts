import { expect, test } from "vitest";
import { compactJson } from "./compact-json.ts";

test("whitespace is removed between tokens, and not in strings", () => {
  const text = ' {\n\t"a b" : [ 1.0 , "c  \\" d" ],\r\n "e\\\\" : { } } ';
  expect(compactJson(text)).toBe('{"a b":[1.0,"c  \\" d"],"e\\\\":{}}');
});
