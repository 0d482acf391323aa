import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BodyDecoder, chunkedDecoder, lengthDecoder } from "./body-decoder.ts";
import { Refusal } from "./refusal.ts";

interface Result {
  body: string;
  trailers: Readonly<Record<string, string>> | undefined;
  /** The bytes left for the next request. */
  rest: string;
}

/** Feeds packets as a connection does: unconsumed bytes are passed again, together with the next packet. */
function feed(
  make: (sink: Parameters<typeof lengthDecoder>[1]) => BodyDecoder,
  packets: readonly string[],
): Result {
  const result: Result = { body: "", trailers: undefined, rest: "" };
  const decode = make({
    push(piece) {
      result.body += piece.toString("latin1");
    },
    end(trailers) {
      result.trailers = { ...trailers };
    },
  });
  for (const packet of packets) {
    const bytes = Buffer.from(result.rest + packet, "latin1");
    const at = result.trailers === undefined ? decode(bytes, 0) : 0;
    result.rest = bytes.toString("latin1", at);
  }
  return result;
}

const chunked = (...packets: string[]) => feed((sink) => chunkedDecoder(sink, { headerCount: 10 }), packets);

function statusOf(text: string): number | undefined {
  try {
    chunked(text);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.response.status;
    throw error;
  }
}

test("a body with a length ends there, and the following bytes are left", () => {
  expect(feed((sink) => lengthDecoder(5, sink), ["ab", "cdeGET"])).toEqual({
    body: "abcde",
    trailers: {},
    rest: "GET",
  });
});

test("chunks with extensions and trailers", () => {
  expect(chunked('3;a="b"\r\nabc\r\nA\r\n0123456789\r\n000\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\nGET')).toEqual({
    body: "abc0123456789",
    trailers: { "x-sum": "1,2" },
    rest: "GET",
  });
});

test("the body does not depend on packet boundaries", () => {
  const text = "3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nx-sum: 1\r\n\r\nnext";
  const whole = chunked(text);
  for (let first = 0; first <= text.length; first++)
    for (let second = first; second <= text.length; second++)
      expect(chunked(text.slice(0, first), text.slice(first, second), text.slice(second))).toEqual(whole);
});

test("any body, in any chunks, in any packets", () => {
  const bytes = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .map((part) => Buffer.from(part).toString("latin1"));
  fc.assert(
    fc.property(fc.array(bytes), fc.array(fc.nat(400)), (parts, cuts) => {
      const wire = `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;
      const positions = [0, ...cuts.filter((cut) => cut < wire.length).sort((a, b) => a - b), wire.length];
      const packets = positions.slice(1).map((end, i) => wire.slice(positions[i], end));
      expect(chunked(...packets)).toEqual({ body: parts.join(""), trailers: {}, rest: "" });
    }),
  );
});

describe("rejected", () => {
  test.each([
    ["no size", "\r\nabc\r\n", 400],
    ["no hexadecimal size", "xyz\r\n", 400],
    ["a size with a prefix", "0x3\r\nabc\r\n", 400],
    ["a size with a sign", "+3\r\nabc\r\n", 400],
    ["a negative size", "-3\r\nabc\r\n", 400],
    ["a space before the size", " 3\r\nabc\r\n", 400],
    ["a space behind the size", "3 \r\nabc\r\n", 400],
    ["a size beyond numbers", "fffffffffffffffff\r\n", 400],
    ["a size that ends in a bare line feed", "3\nabc\r\n", 400],
    ["a bare line feed in an extension", "3;a\nabc\r\n", 400],
    ["a bare carriage return in an extension", "3;a\rb\r\nabc\r\n", 400],
    ["a zero byte in an extension", "3;\0\r\nabc\r\n", 400],
    ["a chunk longer than its size", "3\r\nabcd\r\n", 400],
    ["a chunk that ends in a bare line feed", "3\r\nabc\n0\r\n\r\n", 400],
    ["a trailer without colon", "0\r\nnonsense\r\n\r\n", 400],
    ["a folded trailer", "0\r\na: b\r\n c\r\n\r\n", 400],
    ["a long extension", `3;${"x".repeat(20_000)}`, 413],
    ["many extensions", `3;${"x".repeat(1_000)}\r\nabc\r\n`.repeat(20), 413],
    ["long trailers", `0\r\nx: ${"x".repeat(9_000)}`, 431],
    ["many trailers", `0\r\n${"x: y\r\n".repeat(11)}\r\n`, 431],
  ])("%s", (_, text, status) => {
    expect(statusOf(text)).toBe(status);
  });
});
