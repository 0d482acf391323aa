import { Malformed } from "./malformed.ts";

/** Limits on the parts of a body, independent of its length. */
export interface PartLimits {
  /** Members of all objects together. */
  members: number;
  /** Members of a single object. */
  each: number;
  /** Values of all types. */
  values: number;
}

/**
 * For services whose calls consist of structures and lists: PutMetricData has the most, 1,000 metrics with 30
 * dimensions, 150 values and as many counts.
 */
export const CALL_LIMITS: PartLimits = { members: 100_000, each: 100_000, values: 500_000 };
/**
 * For DynamoDB, where a batch may have hundreds of thousands of members. An item has 400 KB, so with
 * different three-byte names and empty values it has no more than this.
 */
export const ITEM_LIMITS: PartLimits = {
  members: Number.POSITIVE_INFINITY,
  each: 110_000,
  values: Number.POSITIVE_INFINITY,
};

/** A shorter body cannot have enough members to be slow. */
const SHORT_BYTES = 1_000_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Counts the parts of a long body before it is parsed. Each name that is new to the engine costs a
 * microsecond or more while all other calls wait: a body of eight megabytes could block them for seconds. The
 * scan takes a nanosecond per byte.
 * @throws {Malformed}
 */
export function checkMembers(body: Uint8Array, limits: PartLimits): void {
  if (body.length <= SHORT_BYTES) return;
  /** The member counts of the enclosing objects. */
  const around: number[] = [];
  let own = 0;
  let members = 0;
  let values = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) at = stringEnd(body, at + 1);
    else if (byte === COMMA || byte === LIST) values++;
    else if (byte === COLON) {
      members++;
      if (++own > limits.each) throw tooMany();
    } else if (byte === OPENING) {
      values++;
      around.push(own);
      own = 0;
    } else if (byte === CLOSING) own = around.pop() ?? 0;
  }
  if (members > limits.members || values > limits.values) throw tooMany();
}

export const tooMany = () => new Malformed("The request has too many members");

/**
 * Up to this length a string is scanned here; the rest of a longer one is searched with the engine's
 * `indexOf`.
 */
const SHORT_STRING = 32;

/** The position of the quote that ends the string. */
function stringEnd(body: Uint8Array, start: number): number {
  let at = start;
  for (const near = start + SHORT_STRING; at < near; at++) {
    const byte = body[at];
    if (byte === QUOTE || byte === undefined) return at;
    if (byte === BACKSLASH) at++;
  }
  for (;;) {
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0) return body.length;
    let before = quote;
    while (before > at && body[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
    at = quote + 1;
  }
}
