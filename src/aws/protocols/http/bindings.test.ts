import { describe, expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { loadContract } from "../../contract/contract.ts";
import type { MemberTraits, ShapeEntry, ShapeRef } from "../../contract/format.ts";
import { protocol } from "../index.ts";
import { meta, operationOf, requestOf } from "../testing.ts";

const { decode, encode } = protocol("restJson1");

function header(ref: ShapeRef, traits: Partial<MemberTraits> = {}) {
  const shapes: Record<string, ShapeEntry> = {
    Input: { type: "structure", members: { X: [ref, { location: "header", name: "X-Value", ...traits }] } },
    Texts: { type: "list", member: "$string" },
    Numbers: { type: "list", member: "$integer" },
    Dates: { type: "list", member: "$timestamp" },
  };
  const operation = operationOf({ ...shapes, Output: shapes.Input! }, { protocols: ["restJson1"] });
  return {
    read: (value: string) => decode(operation, requestOf({ headers: { "x-value": value } })).X,
    write: (X: unknown) => encode(operation, { X }, meta).headers["x-value"],
  };
}

describe("W9: a list in a header", () => {
  test.each([
    ["a, b,c", ["a", "b", "c"]],
    ['"b,c", "\\"def\\"", a', ["b,c", '"def"', "a"]],
    ["one", ["one"]],
  ])("%s", (value, list) => {
    expect(header("Texts").read(value)).toEqual(list);
    expect(header("Texts").read(header("Texts").write(list)!)).toEqual(list);
  });

  test("quotes are used only where they are needed", () => {
    expect(header("Texts").write(["b,c", '"def"', "a"])).toBe('"b,c", "\\"def\\"", a');
    expect(header("Numbers").write([1, 2])).toBe("1, 2");
    expect(header("Numbers").read("1,2")).toEqual([1, 2]);
  });

  test("an invalid list is rejected quickly, even with many blanks", () => {
    expect(() => header("Texts").read(`a,${" ".repeat(60_000)}"b"c`)).toThrow("Invalid header list");
  });

  test("an unclosed quote is rejected", () => {
    expect(() => header("Texts").read('"a')).toThrow(
      expect.objectContaining({ code: "SerializationException" }),
    );
  });

  test("W1: HTTP dates contain a comma", () => {
    const dates = [new Date("2019-12-16T23:48:18Z"), new Date("2019-12-17T23:48:18Z")];
    const value = "Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT";
    expect(header("Dates").read(value)).toEqual(dates);
    expect(header("Dates").write(dates)).toBe(value);
  });
});

describe("W1: a timestamp in a header", () => {
  const date = new Date("2019-12-16T23:48:18Z");

  test("is an HTTP date unless the model says otherwise, and is accepted in any format", () => {
    expect(header("$timestamp").write(date)).toBe("Mon, 16 Dec 2019 23:48:18 GMT");
    expect(header("$timestamp", { timestampFormat: "unixTimestamp" }).write(date)).toBe("1576540098");
    expect(header("$timestamp", { timestampFormat: "iso8601" }).write(date)).toBe("2019-12-16T23:48:18Z");
    for (const value of ["Mon, 16 Dec 2019 23:48:18 GMT", "1576540098", "2019-12-16T23:48:18Z"]) {
      expect(header("$timestamp").read(value)).toEqual(date);
    }
  });
});

test("a value that a header cannot carry is encoded by RFC 2047, and no value can add a header", () => {
  expect(header("$string").write("é")).toBe("é");
  expect(header("$string").write("日")).toBe("=?UTF-8?B?5pel?=");
  expect(header("$string").write("a\r\nset-cookie: b")).toBe("=?UTF-8?B?YQ0Kc2V0LWNvb2tpZTogYg==?=");
});

describe("S3", () => {
  const s3 = protocol("restXml");
  const operation = (name: string) => loadContract("s3").operation(name)!;

  test("S14: metadata headers are a map with lower-case names; S5: the body stays a stream", async () => {
    const stream = bodyOf("content");
    const input = s3.decode(operation("PutObject"), {
      ...requestOf({
        method: "PUT",
        labels: { Bucket: "b", Key: "a/b" },
        headers: { "x-amz-meta-color": "bl\u00fc", "x-amz-meta-": "nameless", "content-type": "text/plain" },
      }),
      stream,
    });
    expect(input).toEqual({
      Bucket: "b",
      Key: "a/b",
      ContentType: "text/plain",
      Metadata: { color: "bl\u00fc" },
      Body: stream,
    });
  });

  test("S2: aws-chunked is removed from the content encoding", () => {
    const headers = {
      "content-encoding": "aws-chunked,gzip",
      "content-length": "99",
      "x-amz-decoded-content-length": "7",
    };
    const put = operation("PutObject");
    expect(s3.decode(put, requestOf({ headers }))).toMatchObject({
      ContentEncoding: "gzip",
      ContentLength: 7,
    });
    const alone = s3.decode(put, requestOf({ headers: { "content-encoding": "aws-chunked" } }));
    expect(alone).not.toHaveProperty("ContentEncoding");
  });

  test("W8: x-amz-meta-__proto__ is ordinary metadata", () => {
    const headers = Object.fromEntries([["x-amz-meta-__proto__", "x"]]);
    const input = s3.decode(operation("PutObject"), requestOf({ headers }));
    expect(Object.keys(input.Metadata as object)).toEqual(["__proto__"]);
  });

  test("S13: an optional payload", () => {
    const { decode: read } = s3;
    expect(read(operation("CreateBucket"), requestOf({ labels: { Bucket: "b" } }))).toEqual({ Bucket: "b" });
  });

  test("a malformed document, or one with another root, is MalformedXML with S3's message", () => {
    for (const body of ["<Wrong/>", "<Delete><Object>", "<Delete><Quiet>maybe</Quiet></Delete>"]) {
      expect(() => s3.decode(operation("DeleteObjects"), requestOf({ body }))).toThrow(
        expect.objectContaining({
          code: "MalformedXML",
          status: 400,
          message:
            "The XML you provided was not well-formed or did not validate against our published schema",
        }),
      );
    }
  });

  test("a non-numeric parameter is an InvalidArgument", () => {
    const query: [string, string][] = [["max-keys", "many"]];
    expect(() => s3.decode(operation("ListObjectsV2"), requestOf({ query }))).toThrow(
      expect.objectContaining({ code: "InvalidArgument", status: 400 }),
    );
  });

  test("a partial object has status 206, and its body is passed on unchanged", () => {
    const Body = bodyOf("part");
    const answer = s3.encode(
      operation("GetObject"),
      { Body, ContentRange: "bytes 0-3/10", Metadata: { a: "b" } },
      meta,
    );
    expect(answer).toEqual({
      status: 206,
      headers: {
        "content-length": "4",
        "content-range": "bytes 0-3/10",
        "content-type": "application/octet-stream",
        "x-amz-meta-a": "b",
        "x-amz-request-id": "request-id",
        "x-amz-id-2": "host-id",
        server: "AmazonS3",
      },
      body: Body,
    });
  });

  test("a HEAD has the headers of a GET and no body", () => {
    const answer = s3.encode(operation("HeadObject"), { ContentLength: 4, ETag: '"e"' }, meta);
    expect(answer.body).toBe("");
    expect(answer.headers).toMatchObject({ "content-length": "4", etag: '"e"' });
  });
});

describe("W10: an absent payload differs from an empty one", () => {
  const invoke = loadContract("lambda").operation("Invoke")!;

  test("Invoke without a payload", () => {
    expect(decode(invoke, requestOf({ labels: { FunctionName: "f" } }))).toEqual({ FunctionName: "f" });
    expect(decode(invoke, requestOf({ body: "{}" })).Payload).toEqual(Buffer.from("{}"));
  });

  test("the status may be an output member", () => {
    const answer = encode(invoke, { StatusCode: 202 }, meta);
    expect(answer).toMatchObject({ status: 202, body: "" });
  });
});

describe("a query string", () => {
  const shapes: Record<string, ShapeEntry> = {
    Input: {
      type: "structure",
      members: {
        Text: ["$string", { location: "query", name: "text" }],
        Limit: ["$integer", { location: "query", name: "limit" }],
        Many: ["Texts", { location: "query", name: "many" }],
        All: ["Map", { location: "query" }],
      },
    },
    Texts: { type: "list", member: "$string" },
    Map: { type: "map", key: "$string", value: "Texts" },
  };
  const operation = operationOf(shapes, { protocols: ["restJson1"] });

  test("an empty value is valid text but no number; a list repeats its key; a map has every parameter", () => {
    const query: [string, string][] = [
      ["text", ""],
      ["limit", ""],
      ["many", "a"],
      ["many", "b"],
      ["__proto__", "c"],
    ];
    const { All, ...input } = decode(operation, requestOf({ query }));
    expect(input).toEqual({ Text: "", Many: ["a", "b"] });
    expect(Object.entries(All as object)).toEqual([
      ["text", [""]],
      ["limit", [""]],
      ["many", ["a", "b"]],
      ["__proto__", ["c"]],
    ]);
  });

  test("an invalid number is rejected", () => {
    expect(() => decode(operation, requestOf({ query: [["limit", "x"]] }))).toThrow(
      expect.objectContaining({ code: "SerializationException", message: "'x' is not a valid integer" }),
    );
  });
});
