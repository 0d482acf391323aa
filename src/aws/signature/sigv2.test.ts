import { describe, expect, test } from "vitest";
import { parseSignature } from "./credential.ts";
import type { Query } from "./request.ts";
import { stringToSignV2, verifyV2 } from "./sigv2.ts";

/** The examples of "Signing and authenticating REST requests" in the Amazon S3 user guide. */
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const bucket = "johnsmith";
const by = (signature: string) => `AWS AKIAIOSFODNN7EXAMPLE:${signature}`;

function matches(
  method: string,
  target: string,
  headers: Record<string, string>,
  hostBucket?: string,
): boolean {
  const [path = "", query = ""] = target.split("?");
  const pairs: Query = [...new URLSearchParams(query)];
  const signature = parseSignature(headers, pairs, "s3");
  if (signature?.version !== 2) throw new Error("not a Version 2 signature");
  return verifyV2({ method, path, query, headers }, pairs, signature, secret, hostBucket).matches;
}

describe("S3's documented examples", () => {
  test("object GET", () => {
    const headers = {
      date: "Tue, 27 Mar 2007 19:36:42 +0000",
      authorization: by("bWq2s1WEIj+Ydj0vQ697zp+IXMU="),
    };
    expect(matches("GET", "/photos/puppy.jpg", headers, bucket)).toBe(true);
    expect(matches("GET", "/photos/kitten.jpg", headers, bucket)).toBe(false);
    expect(matches("GET", "/johnsmith/photos/puppy.jpg", headers)).toBe(true);
  });

  test("object PUT", () => {
    const headers = {
      "content-type": "image/jpeg",
      "content-length": "94328",
      date: "Tue, 27 Mar 2007 21:15:45 +0000",
      authorization: by("MyyxeRY7whkBe+bq8fHCL/2kKUg="),
    };
    expect(matches("PUT", "/photos/puppy.jpg", headers, bucket)).toBe(true);
  });

  test("a list, whose parameters are not signed", () => {
    const headers = {
      date: "Tue, 27 Mar 2007 19:42:41 +0000",
      authorization: by("htDYFYduRNen8P9ZfE/s9SuKy0U="),
    };
    expect(matches("GET", "/?prefix=photos&max-keys=50&marker=puppy", headers, bucket)).toBe(true);
  });

  test("a subresource, which is signed", () => {
    const headers = {
      date: "Tue, 27 Mar 2007 19:44:46 +0000",
      authorization: by("c2WLPFtWHVgbEmeEG93a4cG37dM="),
    };
    expect(matches("GET", "/?acl", headers, bucket)).toBe(true);
    expect(matches("GET", "/?policy", headers, bucket)).toBe(false);
  });

  test("an upload with amz headers, with repeated ones joined", () => {
    const headers = {
      date: "Tue, 27 Mar 2007 21:06:08 +0000",
      "x-amz-acl": "public-read",
      "content-type": "application/x-download",
      "content-md5": "4gJE4saaMU4BqNR0kLY+lw==",
      "x-amz-meta-reviewedby": "joe@johnsmith.net,jane@johnsmith.net",
      "x-amz-meta-filechecksum": "0x02661779",
      "x-amz-meta-checksumalgorithm": "crc32",
      authorization: by("ilyl83RwaSoYIEdixDQcA4OnAnc="),
    };
    expect(matches("PUT", "/db-backup.dat.gz", headers, "static.johnsmith.net")).toBe(true);
  });

  test("a presigned GET", () => {
    const query =
      "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    expect(matches("GET", `/photos/puppy.jpg?${query}`, {}, bucket)).toBe(true);
    const later = query.replace("620", "621");
    expect(matches("GET", `/photos/puppy.jpg?${later}`, {}, bucket)).toBe(false);
  });
});

test("X-Amz-Date replaces Date", () => {
  const headers = {
    date: "Tue, 27 Mar 2007 21:20:27 +0000",
    "x-amz-date": "Tue, 27 Mar 2007 21:20:26 +0000",
  };
  const text = stringToSignV2({ method: "DELETE", path: "/b/k", query: "", headers }, [], {
    carrier: "header",
  });
  expect(text).toBe("DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/b/k");
});

test("headers in a presigned URL's query are signed as headers", () => {
  const query: Query = [
    ["response-content-type", "text/plain"],
    ["x-amz-security-token", "token"],
    ["Expires", "5"],
  ];
  const request = { method: "GET", path: "/b/k", query: "", headers: {} };
  expect(stringToSignV2(request, query, { carrier: "query", expires: 5_000 })).toBe(
    "GET\n\n\n5\nx-amz-security-token:token\n/b/k?response-content-type=text/plain",
  );
});
