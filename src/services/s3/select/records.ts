import { isUtf8 } from "node:buffer";
import { MAX_RECORD_BYTES, notUtf8, recordTooLong } from "./errors.ts";

/** A record as text, and its byte offset in the object. */
export interface RawRecord {
  text: string;
  start: number;
}

/**
 * Splits chunks of bytes into records. It copies bytes that it keeps, since
 * the memory of a chunk may be reused.
 */
export interface Splitter {
  push(chunk: Buffer): RawRecord[];
  end(): RawRecord[];
}

export interface LineOptions {
  delimiter: string;
  /** The quotation mark around fields that may contain the delimiter. */
  quote?: string;
  escaping?: string;
  /** The offset of the first chunk in the object. */
  start?: number;
}

/** Splits bytes into records that end with a delimiter. */
export function lineSplitter({ delimiter, quote, escaping, start: begin = 0 }: LineOptions): Splitter {
  const mark = Buffer.from(delimiter);
  const quoteMark = quote ? Buffer.from(quote) : undefined;
  const escapeMark = escaping && escaping !== quote ? Buffer.from(escaping) : undefined;
  let carry = Buffer.alloc(0);
  /** The offset of the carry in the object. */
  let offset = begin;
  /** The number of bytes of the carry that have been searched, and whether that position is within quotes. */
  let seen = 0;
  let inQuotes = false;

  function nextEnd(bytes: Buffer, from: number, nextMark: Finder, nextQuote: Finder): number {
    for (let at = from; ; ) {
      const [end, quoteAt] = [nextMark(at), nextQuote(at)];
      if (quoteAt < 0) return inQuotes ? -1 : end;
      if (!inQuotes && end >= 0 && end < quoteAt) return end;
      const isEscaped =
        escapeMark !== undefined &&
        bytes.subarray(0, quoteAt).subarray(-escapeMark.length).equals(escapeMark);
      if (!isEscaped) inQuotes = !inQuotes;
      at = quoteAt + quoteMark!.length;
      seen = at;
    }
  }

  return {
    push(chunk) {
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const nextMark = finder(bytes, mark);
      const nextQuote = quoteMark ? finder(bytes, quoteMark) : () => -1;
      const records: RawRecord[] = [];
      let at = 0;
      seen = Math.min(seen, bytes.length);
      for (;;) {
        const end = nextEnd(bytes, Math.max(at, seen), nextMark, nextQuote);
        if (end < 0) break;
        records.push(recordOf(bytes.subarray(at, end), offset + at));
        at = end + mark.length;
        seen = at;
      }
      const rest = bytes.subarray(at);
      if (rest.length > MAX_RECORD_BYTES) throw recordTooLong();
      carry = Buffer.from(rest);
      offset += at;
      // A delimiter may be split across chunks.
      seen = Math.max(seen - at, quoteMark ? 0 : carry.length - mark.length + 1, 0);
      return records;
    },
    end: () => (carry.length === 0 ? [] : [recordOf(carry, offset)]),
  };
}

/** Returns the position of the next mark at or after a position; negative if there is none. */
type Finder = (from: number) => number;

/** Returns a finder for positions that only increase, so it searches no byte twice. */
function finder(bytes: Buffer, mark: Buffer): Finder {
  let position = -2; // Not searched yet.
  return (from) => {
    if (position !== -1 && position < from) position = bytes.indexOf(mark, from);
    return position;
  };
}

export function recordOf(bytes: Buffer, start: number): RawRecord {
  if (bytes.length > MAX_RECORD_BYTES) throw recordTooLong();
  if (!isUtf8(bytes)) throw notUtf8(start + firstBadByte(bytes));
  return { text: bytes.toString("utf8"), start };
}

/**
 * Finds the first invalid byte by bisection. A character that is cut at the
 * midpoint does not count as invalid.
 */
function firstBadByte(bytes: Buffer): number {
  const isGood = (end: number) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

const [OPEN, CLOSE, LIST, LIST_END, QUOTE, BACKSLASH] = [0x7b, 0x7d, 0x5b, 0x5d, 0x22, 0x5c];
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Splits concatenated JSON values, on separate lines or not. */
export function jsonSplitter(): Splitter {
  const scanner = valueScanner();
  let carry = Buffer.alloc(0);
  /** The offset of the carry in the object. */
  let offset = 0;
  let isBegun = false;

  return {
    push(chunk) {
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const records: RawRecord[] = [];
      let begin = 0;
      for (let at = carry.length; ; ) {
        if (!isBegun) {
          begin = at = spaceEnd(bytes, at);
          if (at === bytes.length) break;
          isBegun = true;
        }
        const end = scanner.valueEnd(bytes, at);
        if (end < 0) break;
        records.push(recordOf(bytes.subarray(begin, end), offset + begin));
        begin = at = end;
        isBegun = false;
      }
      const rest = bytes.subarray(begin);
      if (rest.length > MAX_RECORD_BYTES) throw recordTooLong();
      carry = Buffer.from(rest);
      offset += begin;
      return records;
    },
    end: () => (isBegun ? [recordOf(carry, offset)] : []),
  };
}

function spaceEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at]!)) at++;
  return at;
}

/** Finds where values end. It reads each byte once and keeps its nesting depth between chunks. */
function valueScanner() {
  let depth = 0;
  let inString = false;
  let isEscaped = false;

  /** Returns the position after the string that contains `from`, or the end of the bytes. */
  function stringEnd(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        inString = false;
        return at + 1;
      }
    }
    return bytes.length;
  }

  return {
    /**
     * Returns the position after the value that contains `from`, or -1 if the
     * value continues in the next chunk.
     */
    valueEnd(bytes: Buffer, from: number): number {
      for (let at = from; at < bytes.length; ) {
        if (inString) {
          at = stringEnd(bytes, at);
          if (depth === 0 && !inString) return at;
          continue;
        }
        const byte = bytes[at]!;
        if (depth === 0 && isSpace(byte)) return at;
        at++;
        if (byte === QUOTE) inString = true;
        else if (byte === OPEN || byte === LIST) depth++;
        else if (byte === CLOSE || byte === LIST_END) {
          depth = Math.max(depth - 1, 0);
          if (depth === 0) return at;
        }
      }
      return -1;
    },
  };
}
