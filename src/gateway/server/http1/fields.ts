import { fieldName } from "./field-names.ts";
import { badRequest, headTooLarge, tooManyHeaders } from "./refusal.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

/** A lookup table for a set of bytes. */
const bytesLike = (pattern: RegExp) =>
  Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));

/** RFC 9110, 5.6.2: the characters of methods and header names. */
export const TOKEN = bytesLike(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** RFC 9110, 5.5. Bytes beyond ASCII have no meaning and are passed on as Latin-1. */
export const FIELD = bytesLike(/[\t\x20-\x7e\x80-\xff]/);

/** The first position from `at` on whose byte is not in the set. */
export function span(set: Uint8Array, bytes: Uint8Array, at: number, stop: number): number {
  let end = at;
  while (end < stop && set[bytes[end]!] === 1) end++;
  return end;
}

export interface FieldLimits {
  /** Where the section must have ended; bytes up to there may be read, as far as they have arrived. */
  stop: number;
  count: number;
}

/**
 * Start and end of each name and value: four positions per line. The object is reused, so that its array
 * keeps its capacity.
 */
export interface Marks {
  count: number;
  readonly positions: number[];
}

/**
 * Marks the positions in header or trailer lines and the empty line after them (RFC 9112, 5). Folded lines
 * and spaces before a colon are rejected, because both have enabled request smuggling.
 *
 * @returns the end of the section; -1 if it is incomplete
 * @throws {Refusal} for malformed or too many lines
 */
export function markFields(
  bytes: Uint8Array,
  start: number,
  { stop, count }: FieldLimits,
  marks: Marks,
): number {
  const end = Math.min(stop, bytes.length);
  marks.count = 0;
  let at = start;
  while (at < end) {
    const isLast = bytes[at] === CR;
    const next = isLast ? lineBreakEnd(bytes, at, end) : markField(bytes, at, end, marks);
    if (next < 0) break;
    if (isLast) return next;
    if (marks.count > count * 4) throw tooManyHeaders();
    at = next;
  }
  if (bytes.length >= stop) throw headTooLarge();
  return -1;
}

/** Marks one line. @returns the start of the next one; -1 if it is incomplete */
function markField(bytes: Uint8Array, start: number, end: number, marks: Marks): number {
  const nameEnd = span(TOKEN, bytes, start, end);
  if (nameEnd === end) return -1;
  if (nameEnd === start || bytes[nameEnd] !== COLON) throw badRequest();
  let valueStart = nameEnd + 1;
  while (valueStart < end && isBlank(bytes[valueStart]!)) valueStart++;
  const lineEnd = span(FIELD, bytes, valueStart, end);
  const next = lineEnd === end ? -1 : lineBreakEnd(bytes, lineEnd, end);
  if (next < 0) return -1;
  let valueEnd = lineEnd;
  while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
  const { positions } = marks;
  positions[marks.count++] = start;
  positions[marks.count++] = nameEnd;
  positions[marks.count++] = valueStart;
  positions[marks.count++] = valueEnd;
  return next;
}

/** @returns the position behind the line break at `at`; -1 if only half of it is there */
function lineBreakEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== CR) throw badRequest();
  if (at + 1 === end) return -1;
  if (bytes[at + 1] !== LF) throw badRequest();
  return at + 2;
}

const isBlank = (byte: number) => byte === SPACE || byte === TAB;

/**
 * A record without inherited members, like `Object.create(null)`, but not in hash-table mode: the engine
 * gives records with the same names one layout, as it does for instances of a class. They take a third of the
 * memory.
 */
class Fields {
  [name: string]: string;
}
Reflect.deleteProperty(Fields.prototype, "constructor");
Object.setPrototypeOf(Fields.prototype, null);

/**
 * Reads marked lines into one record, in the same form as `joinHeaders`.
 * @param text the bytes from `origin` on, as Latin-1
 */
export function readFields(
  bytes: Buffer,
  text: string,
  origin: number,
  { count, positions }: Marks,
): Record<string, string> {
  const fields = new Fields();
  for (let i = 0; i < count; i += 4) {
    const name = fieldName(bytes, positions[i]!, positions[i + 1]!);
    const value = text.slice(positions[i + 2]! - origin, positions[i + 3]! - origin);
    const before = fields[name];
    fields[name] = before === undefined ? value : join(name, before, value);
  }
  return fields;
}

function join(name: string, before: string, value: string): string {
  // Equal repeated lengths count as one (RFC 9112, 6.3); a list of different ones is rejected later.
  if (name === "content-length" && before === value) return value;
  return before + (name === "cookie" ? "; " : ",") + value;
}
