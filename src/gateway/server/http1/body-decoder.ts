import type { Limits } from "../limits.ts";
import { FIELD, type Marks, markFields, readFields, span } from "./fields.ts";
import { badRequest, extensionsTooLarge } from "./refusal.ts";

/** Where a decoder puts what it finds. */
export interface BodySink {
  push(piece: Buffer): void;
  /** The body's own end. */
  end(trailers: Readonly<Record<string, string>>): void;
}

/**
 * Takes the bytes of one body from a connection.
 * @returns where it stopped. What follows is the beginning of a line that has not arrived completely, or, after
 * `sink.end`, the next request.
 * @throws {Refusal}
 */
export type BodyDecoder = (bytes: Buffer, at: number) => number;

const NO_TRAILERS: Readonly<Record<string, string>> = {};

/** A body whose length was told. */
export function lengthDecoder(size: number, sink: BodySink): BodyDecoder {
  let remaining = size;
  return (bytes, at) => {
    const end = Math.min(bytes.length, at + remaining);
    remaining -= end - at;
    sink.push(slice(bytes, at, end));
    if (remaining === 0) sink.end(NO_TRAILERS);
    return end;
  };
}

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** Nobody uses extensions. Together they may be as long as Node's parser allows, one by one shorter. */
const EXTENSIONS_BYTES = 16 * 1_024;
/** Hexadecimal digits of a chunk's size, below 2^53. */
const SIZE_DIGITS = 13;
const TRAILER_BYTES = 8 * 1_024;

/** Reused: decoding never waits. */
const marks: Marks = { count: 0, positions: [] };

/** A body in chunks (RFC 9112, 7.1). */
export function chunkedDecoder(sink: BodySink, { headerCount }: Pick<Limits, "headerCount">): BodyDecoder {
  let expected: "size" | "data" | "line end" | "trailers" = "size";
  let remaining = 0;
  let extensions = 0;

  /** `5;name=value CRLF`; answers where it ends, or `at` if it has not. */
  function sizeLine(bytes: Buffer, at: number): number {
    const digitsEnd = span(HEX, bytes, at, Math.min(bytes.length, at + SIZE_DIGITS + 1));
    if (digitsEnd - at > SIZE_DIGITS) throw badRequest();
    if (digitsEnd === bytes.length) return at;
    const marker = bytes[digitsEnd];
    if (digitsEnd === at || (marker !== CR && marker !== SEMICOLON)) throw badRequest();
    const lineEnd = span(FIELD, bytes, digitsEnd, bytes.length);
    if (extensions + lineEnd - digitsEnd > EXTENSIONS_BYTES) throw extensionsTooLarge();
    if (lineEnd === bytes.length) return at;
    const end = lineBreak(bytes, lineEnd);
    if (end === lineEnd) return at;
    extensions += lineEnd - digitsEnd;
    remaining = Number.parseInt(bytes.toString("latin1", at, digitsEnd), 16);
    expected = remaining === 0 ? "trailers" : "data";
    return end;
  }

  function data(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + remaining);
    remaining -= end - at;
    sink.push(slice(bytes, at, end));
    if (remaining === 0) expected = "line end";
    return end;
  }

  function trailers(bytes: Buffer, at: number): number {
    const end = markFields(bytes, at, { stop: at + TRAILER_BYTES, count: headerCount }, marks);
    if (end < 0) return at;
    sink.end(
      marks.count === 0 ? NO_TRAILERS : readFields(bytes, bytes.toString("latin1", at, end), at, marks),
    );
    isDone = true;
    return end;
  }

  function lineEnd(bytes: Buffer, at: number): number {
    const end = lineBreak(bytes, at);
    if (end > at) expected = "size";
    return end;
  }

  let isDone = false;
  const steps = { size: sizeLine, data, "line end": lineEnd, trailers };
  return (bytes, start) => {
    let at = start;
    while (at < bytes.length && !isDone) {
      const next = steps[expected](bytes, at);
      if (next === at) break;
      at = next;
    }
    return at;
  };
}

/** Behind the line break at `at`; `at` itself where only half of it has come. */
function lineBreak(bytes: Buffer, at: number): number {
  if (bytes[at] !== CR) throw badRequest();
  if (at + 1 === bytes.length) return at;
  if (bytes[at + 1] !== LF) throw badRequest();
  return at + 2;
}

const HEX = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9A-Fa-f]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

const slice = (bytes: Buffer, at: number, end: number) =>
  at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
