import { expect, test } from "vitest";
import { withHoisted } from "./hoisted.ts";

const presigned: [string, string][] = [
  ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
  ["X-Amz-Date", "20260101T000000Z"],
  ["X-Amz-Signature", "0"],
  ["x-amz-acl", "private"],
  ["x-amz-meta-color", "red"],
  ["x-amz-checksum-crc32", "AAAAAA=="],
  ["prefix", "a"],
];

test("a presigned URL's query parameters count as headers, except for its signature and for checksums", () => {
  expect(withHoisted({ host: "localhost" }, presigned)).toEqual({
    host: "localhost",
    "x-amz-acl": "private",
    "x-amz-meta-color": "red",
  });
});

test("a header takes precedence over the query", () => {
  expect(withHoisted({ "x-amz-acl": "public-read" }, presigned)["x-amz-acl"]).toBe("public-read");
});

test("the query of any other request does not count", () => {
  const headers = {};
  expect(withHoisted(headers, [["x-amz-acl", "private"]])).toBe(headers);
});
