import { expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { requestFacts } from "./request-facts.ts";
import type { HttpRequest } from "./server/http.ts";

test.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8::1"],
  ["::1", "::1"],
])("a caller at %s has the source address %s", (remoteAddress, sourceIp) => {
  const http = {
    method: "GET",
    target: "/",
    path: "/",
    rawQuery: "",
    headers: {},
    host: "localhost",
    secure: false,
    remoteAddress,
    httpVersion: "1.1",
    body: bodyOf(""),
    signal: new AbortController().signal,
  } satisfies HttpRequest;
  expect(requestFacts(http).sourceIp).toBe(sourceIp);
});
