import { expect, test } from "vitest";
import type { Context } from "#kernel/context.ts";
import type { Bucket } from "../store.ts";
import { isServedAt } from "./endpoint.ts";

const isServed = (host: string) =>
  isServedAt({ request: { host } } as Context, { region: "eu-west-1" } as Bucket);

test.each([
  ["localhost", true],
  ["s3.localhost", true],
  ["s3.eu-west-1.localhost", true],
  ["photos.s3-eu-west-1.amazonaws.com", true],
  ["photos.s3.dualstack.us-east-1.amazonaws.com", false],
  ["a--euw1-az1--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com", true],
  ["s3express-control.us-east-1.amazonaws.com", false],
])("%s serves a bucket in eu-west-1: %s", (host, expected) => {
  expect(isServed(host)).toBe(expected);
});

test("a long host name takes no longer than to read it", { timeout: 2_000 }, () => {
  for (let n = 0; n < 100; n++) expect(isServed(`s3express-${"-aa".repeat(2_500 + n)}`)).toBe(true);
});
