import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Head, parseHead } from "./head-parser.ts";
import { Refusal } from "./refusal.ts";

const LIMITS = { headBytes: 1_000, headerCount: 10 };
const parse = (text: string): Head | undefined => parseHead(Buffer.from(text, "latin1"), 0, LIMITS);
const get = (...lines: string[]) => `${["GET / HTTP/1.1", "Host: h", ...lines].join("\r\n")}\r\n\r\n`;

function statusOf(text: string): number | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.response.status;
    throw error;
  }
}

test("a head is parsed as it was sent", () => {
  const text =
    "PUT /b//k%2F/../c+d?x=%20&y HTTP/1.1\r\nHOST: LocalHost:4566\r\nX-Twice:a\r\n__proto__: p\r\n" +
    "x-twice: \t b \t\r\nX-None:\r\nContent-Length: 3\r\n\r\nabc";
  expect(parse(text)).toMatchObject({
    method: "PUT",
    target: "/b//k%2F/../c+d?x=%20&y",
    path: "/b//k%2F/../c+d",
    rawQuery: "x=%20&y",
    host: "localhost:4566",
    httpVersion: "1.1",
    size: 3,
    keepAlive: true,
    awaitsContinue: false,
    end: text.length - 3,
  });
  const { headers } = parse(text)!;
  expect(Object.entries(headers)).toEqual([
    ["host", "LocalHost:4566"],
    ["x-twice", "a,b"],
    ["__proto__", "p"],
    ["x-none", ""],
    ["content-length", "3"],
  ]);
  expect("constructor" in headers).toBe(false);
});

describe("ambiguous input is rejected", () => {
  test.each([
    ["a bare line feed", "GET / HTTP/1.1\nHost: h\n\n"],
    ["a bare line feed behind a header", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"],
    ["a bare carriage return", get("X: a\rb")],
    ["a bare carriage return as an empty line", "GET / HTTP/1.1\r\nHost: h\r\n\rX"],
    ["a folded line", get("X: a", " b")],
    ["a fold before the first header", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"],
    ["a space before the colon", get("X : y")],
    ["a tab before the colon", get("X\t: y")],
    ["no name", get(": y")],
    ["no colon", get("nonsense")],
    ["a name with a slash", get("X/Y: z")],
    ["a name beyond ASCII", get("X\xe9: z")],
    ["a zero byte in a value", get("X: a\0b")],
    ["a control character in a value", get("X: a\x7fb")],
    ["two spaces before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["two spaces before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["a space behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"],
    ["a space before the method", " GET / HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["no version", "GET /\r\nHost: h\r\n\r\n"],
    ["HTTP/0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n"],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n"],
    ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n"],
    ["HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n"],
    ["lower-case HTTP", "GET / http/1.1\r\nHost: h\r\n\r\n"],
    ["a method that is no token", "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["an authority as target", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["an asterisk as target", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["a foreign scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["a target with a user", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["an absolute target without Host", "GET http://h/ HTTP/1.1\r\n\r\n"],
    ["an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"],
    ["two hosts", get("Host: i")],
    ["the same host twice", get("Host: h")],
    ["two hosts beside an absolute target", "GET http://h/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["a host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"],
    ["a host with a user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"],
    ["a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["a length and chunks", get("Content-Length: 1", "Transfer-Encoding: chunked")],
    ["chunks and a length", get("Transfer-Encoding: chunked", "Content-Length: 1")],
    ["chunks in HTTP/1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["another coding", get("Transfer-Encoding: gzip")],
    ["another coding before chunked", get("Transfer-Encoding: gzip, chunked")],
    ["another coding behind chunked", get("Transfer-Encoding: chunked, identity")],
    ["chunked twice", get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")],
    ["something like chunked", get("Transfer-Encoding: xchunked")],
    ["chunked with a quote", get('Transfer-Encoding: "chunked"')],
    ["chunked behind a control character", get("Transfer-Encoding: \x0bchunked")],
    ["no coding", get("Transfer-Encoding:")],
    ["two lengths", get("Content-Length: 1", "Content-Length: 2")],
    ["a list of lengths", get("Content-Length: 1, 1")],
    ["a length with a sign", get("Content-Length: +1")],
    ["a negative length", get("Content-Length: -1")],
    ["a length in hexadecimal", get("Content-Length: 0x1")],
    ["a length with a fraction", get("Content-Length: 1.0")],
    ["a length with a space", get("Content-Length: 1 1")],
    ["no length", get("Content-Length:")],
    ["a length beyond numbers", get("Content-Length: 9007199254740993")],
  ])("%s", (_, text) => {
    expect(statusOf(text)).toBe(400);
  });
});

test.each([
  ["more bytes than the limit, whole", get(`X: ${"y".repeat(1_000)}`), 431],
  ["more bytes than the limit, without an end", "G".repeat(1_001), 431],
  ["a target beyond the limit", `GET /${"x".repeat(1_000)}`, 431],
  ["more headers than the limit", get(..."abcdefghij".split("").map((name) => `${name}: 1`)), 431],
])("%s", (_, text, status) => {
  expect(statusOf(text)).toBe(status);
});

test("rare but valid input", () => {
  expect(parse(get("Expect: tea"))).toMatchObject({ awaitsContinue: false });
  expect(parse(get(..."abcdefghi".split("").map((name) => `${name}: 1`)))).toBeDefined();
  expect(parse(get("Content-Length: 5", "content-length: 5"))).toMatchObject({
    size: 5,
    headers: { "content-length": "5" },
  });
  expect(parse(get("Transfer-Encoding: Chunked"))!.size).toBeUndefined();
  expect(parse("PATCH! /ü HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")).toMatchObject({
    method: "PATCH!",
    path: "/ü",
    host: "[::1]:80",
  });
  expect(parse("GET HTTP://S3.localhost:1?q=1 HTTP/1.1\r\nHost: proxy\r\n\r\n")).toMatchObject({
    target: "/?q=1",
    host: "s3.localhost:1",
  });
});

test.each([
  ["HTTP/1.1", [], true],
  ["HTTP/1.1", ["Connection: Close"], false],
  ["HTTP/1.1", ["Connection: upgrade, close"], false],
  ["HTTP/1.1", ["Connection: closed"], true],
  ["HTTP/1.0", [], false],
  ["HTTP/1.0", ["Connection: Keep-Alive"], true],
  ["HTTP/1.0", ["Connection: keep-alive, close"], false],
])("%s %j: keepAlive is %j", (version, lines, keepAlive) => {
  expect(parse([`GET / ${version}`, "Host: h", ...lines, "", ""].join("\r\n"))).toMatchObject({ keepAlive });
});

test("an incomplete head has no result, wherever it is split", () => {
  const text = get("Content-Length: 3", "X-Amz-Date: now", "Expect: 100-continue");
  for (let end = 0; end < text.length; end++) expect(parse(text.slice(0, end))).toBeUndefined();
  expect(parse(text)).toBeDefined();
});

test("the result does not depend on the position in the buffer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 }), (before, after) => {
      const head = Buffer.from(get("X: y"));
      const { end, ...there } = parseHead(Buffer.concat([before, head, after]), before.length, LIMITS)!;
      const { end: length, ...here } = parseHead(head, 0, LIMITS)!;
      expect(there).toEqual(here);
      expect(end).toBe(before.length + length);
    }),
  );
});

test("any bytes are a head, an incomplete one, or rejected", () => {
  const noise = fc.array(
    fc.oneof(
      fc.constantFrom(
        "GET ",
        "/",
        " HTTP/1.1",
        "\r\n",
        "\r",
        "\n",
        ":",
        " ",
        "Host: h",
        "Content-Length: ",
        "1",
      ),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(noise, (pieces) => {
      const status = statusOf(pieces.join(""));
      expect([undefined, 400, 417, 431]).toContain(status);
    }),
    { numRuns: 2_000 },
  );
});
