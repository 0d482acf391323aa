import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../http.ts";
import { compose, lastLines, type ResponseForm, transmit } from "./answer.ts";
import { outgoing } from "./outgoing.ts";

const MANNER: ResponseForm = { isHead: false, httpVersion: "1.1", keepAlive: true };
const LAST_LINES = lastLines(75_000);
const out = outgoing();

const answer = (response: Partial<HttpResponse>, form: Partial<ResponseForm> = {}) =>
  compose({ status: 200, headers: {}, body: "", ...response }, { ...MANNER, ...form }, LAST_LINES);

/** Records the writes that reach the system, call by call. */
function recorder() {
  const calls: (string | Buffer)[][] = [];
  const socket = new Writable({
    decodeStrings: false,
    highWaterMark: 2 ** 20,
    write(chunk, _, done) {
      calls.push([chunk]);
      done();
    },
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => chunk));
      done();
    },
  });
  const text = () =>
    Buffer.concat(calls.flat().map((one) => Buffer.from(one as string, "latin1"))).toString("latin1");
  return { calls, socket, text };
}

async function* pieces(...all: string[]) {
  for (const piece of all) yield Buffer.from(piece);
}

test("a header that would begin another response throws", () => {
  for (const value of ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b", "a\x7fb", "snow\u2603"])
    expect(() => answer({ headers: { "x-value": value } })).toThrow("x-value");
  for (const name of ["", "a b", "a:b", "a\r\nb", "a\u00e9"])
    expect(() => answer({ headers: { [name]: "x" } })).toThrow();
  expect(answer({ headers: { "x-value": "caf\xe9\t~" } }).head).toContain("x-value: caf\xe9\t~\r\n");
});

test("connection headers are set by the server only", () => {
  const { head } = answer({
    headers: {
      connection: "upgrade",
      "Transfer-Encoding": "gzip",
      date: "yesterday",
      "keep-alive": "x",
      "x-a": "1",
    },
  });
  expect(head).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\nx-a: 1\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\nkeep-alive: timeout=75\r\n\r\n$/,
  );
  expect(answer({}, { keepAlive: false }).head).toMatch(/\r\nconnection: close\r\n\r\n$/);
  expect(answer({}, { httpVersion: "1.0" }).head).toMatch(/\r\nconnection: keep-alive\r\n/);
});

describe("the length", () => {
  const lengths = ({ head }: { head: string }) => head.match(/(content-length|transfer-encoding): \S+/g);

  test("of a complete body is counted, and declaring a different one throws", () => {
    expect(lengths(answer({ body: "gr\u00fc\u00df" }))).toEqual(["content-length: 6"]);
    expect(lengths(answer({ body: "four", headers: { "content-length": "4" } }))).toEqual([
      "content-length: 4",
    ]);
    expect(() => answer({ body: "four", headers: { "content-length": "5" } })).toThrow(
      "An answer of 5 bytes has 4",
    );
  });

  test("of a stream is declared, or implied by chunks, or by the end of the connection", () => {
    expect(lengths(answer({ body: pieces(), headers: { "content-length": "9" } }))).toEqual([
      "content-length: 9",
    ]);
    expect(lengths(answer({ body: pieces() }))).toEqual(["transfer-encoding: chunked"]);
    const old = answer({ body: pieces() }, { httpVersion: "1.0" });
    expect(lengths(old)).toBeNull();
    expect(old.keepAlive).toBe(false);
  });

  test("of an unsent body is what the handler declares", () => {
    const head = { isHead: true };
    expect(lengths(answer({ headers: { "content-length": "9" } }, head))).toEqual(["content-length: 9"]);
    expect(lengths(answer({ body: "four" }, head))).toEqual(["content-length: 4"]);
    expect(lengths(answer({}, head))).toBeNull();
    expect(lengths(answer({ body: pieces("a") }, head))).toBeNull();
    for (const status of [204, 304])
      expect(lengths(answer({ status, headers: { "content-length": "9" }, body: "x" }))).toBeNull();
  });
});

test("a small response is one system call, whatever the type of its body", () => {
  for (const body of ["ascii", "gr\u00fc\u00df", Buffer.from("bytes")]) {
    const { socket, calls, text } = recorder();
    transmit(answer({ body, headers: { "x-name": "caf\xe9" } }), socket, out);
    out.flush();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toHaveLength(1);
    expect(text()).toContain("x-name: caf\xe9\r\n");
    expect(Buffer.from(text(), "latin1").includes(body)).toBe(true);
  }
});

test("a large body is sent in one call with its head, and not copied", () => {
  const { socket, calls } = recorder();
  const body = Buffer.alloc(65_536);
  transmit(answer({ body }), socket, out);
  expect(calls).toHaveLength(1);
  expect(calls[0]![1]).toBe(body);
});

test("chunks, and the last chunk", async () => {
  const { socket, text } = recorder();
  await transmit(answer({ body: pieces("abc", "", "0123456789") }), socket, out);
  await new Promise(setImmediate);
  expect(text()).toMatch(/\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n$/);
});
