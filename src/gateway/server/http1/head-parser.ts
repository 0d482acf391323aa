import { parseTarget } from "../head.ts";
import type { Limits } from "../limits.ts";
import { type Marks, markFields, readFields, span, TOKEN } from "./fields.ts";
import { badRequest, headTooLarge } from "./refusal.ts";

/** The head of a request, including how the body is framed. */
export interface Head {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly httpVersion: "1.0" | "1.1";
  readonly headers: Readonly<Record<string, string>>;
  /** Authority with its port, lower-case. */
  readonly host: string;
  /** Bytes of the body; `undefined` for a chunked one. */
  readonly size: number | undefined;
  /** Whether the client may send another request on this connection. */
  readonly keepAlive: boolean;
  /** Whether the client sends its body only after `100 Continue`. */
  readonly awaitsContinue: boolean;
  /** The position after the head. */
  readonly end: number;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
/** RFC 3986 allows ASCII only, but clients send UTF-8 as well; the service decides about it. */
const TARGET = Uint8Array.from({ length: 256 }, (_, byte) => (byte > 0x20 && byte !== 0x7f ? 1 : 0));
const VERSION = Buffer.from("HTTP/1.");
const ZERO = 0x30;
const ONE = 0x31;

/** Reused, because parsing is synchronous. */
const marks: Marks = { count: 0, positions: [] };

/**
 * Parses the head that begins at `start` (RFC 9112, 2 to 7) in one pass, strictly: input that two servers
 * could interpret differently is rejected.
 *
 * @returns `undefined` if the head is incomplete
 * @throws {Refusal}
 */
export function parseHead(
  bytes: Buffer,
  start: number,
  { headBytes, headerCount }: Pick<Limits, "headBytes" | "headerCount">,
): Head | undefined {
  const stop = start + headBytes;
  const available = Math.min(stop, bytes.length);
  const methodEnd = span(TOKEN, bytes, start, available);
  if (methodEnd === available) return incomplete(bytes, stop);
  if (methodEnd === start || bytes[methodEnd] !== SPACE) throw badRequest();
  const targetEnd = span(TARGET, bytes, methodEnd + 1, available);
  if (targetEnd === available) return incomplete(bytes, stop);
  if (bytes[targetEnd] !== SPACE) throw badRequest();
  const lineEnd = versionEnd(bytes, targetEnd + 1, available);
  if (lineEnd < 0) return incomplete(bytes, stop);
  const end = markFields(bytes, lineEnd, { stop, count: headerCount }, marks);
  if (end < 0) return undefined;

  const text = bytes.toString("latin1", start, end);
  const headers = readFields(bytes, text, start, marks);
  const target = parseTarget(text.slice(methodEnd + 1 - start, targetEnd - start));
  if (target === undefined) throw badRequest();
  const httpVersion = bytes[lineEnd - 3] === ONE ? "1.1" : "1.0";
  const host = hostOf(target.authority, headers.host, httpVersion);
  // The authority that the request is routed by must also be the one that is signed.
  if (target.authority !== undefined) headers.host = target.authority;
  const size = bodySize(headers, httpVersion);
  return {
    method: text.slice(0, methodEnd - start),
    target: target.target,
    path: target.path,
    rawQuery: target.rawQuery,
    httpVersion,
    headers,
    host,
    size,
    keepAlive: keepsAlive(headers.connection, httpVersion),
    awaitsContinue: httpVersion === "1.1" && headers.expect?.toLowerCase() === "100-continue",
    end,
  };
}

function incomplete(bytes: Buffer, stop: number): undefined {
  if (bytes.length >= stop) throw headTooLarge();
}

/** The end of the request line whose version begins at `at`; -1 if it has not arrived. */
function versionEnd(bytes: Buffer, at: number, available: number): number {
  for (let i = 0; i < VERSION.length; i++) {
    if (at + i === available) return -1;
    if (bytes[at + i] !== VERSION[i]) throw badRequest();
  }
  const minor = at + VERSION.length;
  if (minor >= available) return -1;
  if (bytes[minor] !== ONE && bytes[minor] !== ZERO) throw badRequest();
  if (minor + 1 >= available) return -1;
  if (bytes[minor + 1] !== CR) throw badRequest();
  if (minor + 2 >= available) return -1;
  if (bytes[minor + 2] !== LF) throw badRequest();
  return minor + 3;
}

/** Characters that no authority contains and that could split it in two: list, path, query, user, spaces. */
const NO_AUTHORITY = /[\s,/?#@\\]/;

/**
 * An absolute target's authority takes precedence over the Host header (RFC 9112, 3.2.2), which must be
 * present nevertheless.
 */
function hostOf(
  authority: string | undefined,
  header: string | undefined,
  httpVersion: Head["httpVersion"],
): string {
  if (header === undefined && httpVersion === "1.1") throw badRequest();
  const host = authority ?? header ?? "";
  if (NO_AUTHORITY.test(host) || (authority !== undefined && header?.includes(","))) throw badRequest();
  if (host === "" && httpVersion === "1.1") throw badRequest();
  return host.toLowerCase();
}

/** Fifteen digits stay below 2^53. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * RFC 9112, 6: chunked, or with a length, or without a body. A request with both could be interpreted
 * differently by two servers; any coding but `chunked` would have to be decoded first; HTTP/1.0 has none.
 */
function bodySize(
  headers: Readonly<Record<string, string>>,
  httpVersion: Head["httpVersion"],
): number | undefined {
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (coding !== undefined) {
    if (length !== undefined || httpVersion === "1.0" || coding.toLowerCase() !== "chunked")
      throw badRequest();
    return undefined;
  }
  if (length === undefined) return 0;
  if (!LENGTH.test(length)) throw badRequest();
  return Number(length);
}

function keepsAlive(connection: string | undefined, httpVersion: Head["httpVersion"]): boolean {
  if (connection === undefined) return httpVersion === "1.1";
  const options = connection.toLowerCase().split(",");
  const has = (option: string) => options.some((one) => one.trim() === option);
  return !has("close") && (httpVersion === "1.1" || has("keep-alive"));
}
