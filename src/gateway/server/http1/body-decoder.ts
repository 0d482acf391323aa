import type { Limits } from "../limits.ts";
import { FIELD, type Marks, markFields, readFields, span } from "./fields.ts";
import { badRequest, extensionsTooLarge } from "./refusal.ts";

/** Receives the decoded body. */
export interface BodySink {
  push(piece: Buffer): void;
  /** The end of the body. */
  end(trailers: Readonly<Record<string, string>>): void;
}

/**
 * Consumes the bytes of one body.
 * @returns the position where it stopped, which is the start of an incomplete line or, after `sink.end`, of
 * the next request
 * @throws {Refusal}
 */
export type BodyDecoder = (bytes: Buffer, at: number) => number;

const NO_TRAILERS: Readonly<Record<string, string>> = {};

/** A body with a Content-Length. */
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
/**
 * Total bytes of chunk extensions, which clients do not use. Node's parser allows as many in total, and
 * longer single ones.
 */
const MAX_EXTENSIONS_BYTES = 16 * 1_024;
/** Hexadecimal digits of a chunk's size, below 2^53. */
const MAX_SIZE_DIGITS = 13;
const MAX_TRAILER_BYTES = 8 * 1_024;

/** Reused, because decoding is synchronous. */
const marks: Marks = { count: 0, positions: [] };

/** A chunked body (RFC 9112, 7.1). */
export function chunkedDecoder(sink: BodySink, { headerCount }: Pick<Limits, "headerCount">): BodyDecoder {
  let expected: "size" | "data" | "line end" | "trailers" = "size";
  let remaining = 0;
  let extensions = 0;

  /** Parses `5;name=value CRLF`; returns its end, or `at` if it is incomplete. */
  function sizeLine(bytes: Buffer, at: number): number {
    const digitsEnd = span(HEX, bytes, at, Math.min(bytes.length, at + MAX_SIZE_DIGITS + 1));
    if (digitsEnd - at > MAX_SIZE_DIGITS) throw badRequest();
    if (digitsEnd === bytes.length) return at;
    const marker = bytes[digitsEnd];
    if (digitsEnd === at || (marker !== CR && marker !== SEMICOLON)) throw badRequest();
    const lineEnd = span(FIELD, bytes, digitsEnd, bytes.length);
    if (extensions + lineEnd - digitsEnd > MAX_EXTENSIONS_BYTES) throw extensionsTooLarge();
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
    const end = markFields(bytes, at, { stop: at + MAX_TRAILER_BYTES, count: headerCount }, marks);
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

/** Returns the position after the line break at `at`, or `at` itself if only half of it has arrived. */
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
