import { Malformed } from "./malformed.ts";

/** What a body may have, however long it is. */
export interface MostParts {
  /** Members of all objects. */
  members: number;
  /** Members of one object. */
  each: number;
  /** Values of all kinds. */
  values: number;
}

/**
 * Of services whose calls are structures and lists of them: PutMetricData has the most, 1,000 metrics of 30 dimensions,
 * 150 values and as many counts.
 */
export const OF_CALLS: MostParts = { members: 100_000, each: 100_000, values: 500_000 };
/**
 * Of DynamoDB, where a batch may have hundreds of thousands. An item's 400 KB, with names of three bytes that differ and
 * empty values, are no more than this.
 */
export const OF_ITEMS: MostParts = {
  members: Number.POSITIVE_INFINITY,
  each: 110_000,
  values: Number.POSITIVE_INFINITY,
};

/** No shorter body has so many that it takes long. */
const SHORT_BYTES = 1_000_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Each name that the engine has not seen costs it a microsecond or more, where a call waits for all of them: a body of
 * eight megabytes could block all other calls for seconds. Only long bodies are scanned, at a nanosecond a byte.
 * @throws {Malformed}
 */
export function checkMembers(body: Uint8Array, limits: MostParts): void {
  if (body.length <= SHORT_BYTES) return;
  /** Of the objects around the one that is read. */
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

/** Shorter strings are looked through here, longer ones by the engine. */
const SHORT_STRING = 32;

/** Where the quote is that ends the string which begins there. */
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
