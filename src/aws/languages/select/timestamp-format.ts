import { failure } from "./errors.ts";
import { digits, localDate, offsetText, type Timestamp } from "./timestamps.ts";

const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];

type Field = (date: Date, timestamp: Timestamp) => string;

const hour12 = (date: Date) => date.getUTCHours() % 12 || 12;
const year = (date: Date) => date.getUTCFullYear();
const month = (date: Date) => date.getUTCMonth();

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-date.html#s3-select-sql-reference-to-string */
const FIELDS: Record<string, Field> = {
  yy: (date) => digits(year(date) % 100, 2),
  y: (date) => `${year(date)}`,
  yyyy: (date) => digits(year(date), 4),
  M: (date) => `${month(date) + 1}`,
  MM: (date) => digits(month(date) + 1, 2),
  MMM: (date) => MONTHS[month(date)]!.slice(0, 3),
  MMMM: (date) => MONTHS[month(date)]!,
  MMMMM: (date) => MONTHS[month(date)]![0]!,
  d: (date) => `${date.getUTCDate()}`,
  dd: (date) => digits(date.getUTCDate(), 2),
  a: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  h: (date) => `${hour12(date)}`,
  hh: (date) => digits(hour12(date), 2),
  H: (date) => `${date.getUTCHours()}`,
  HH: (date) => digits(date.getUTCHours(), 2),
  m: (date) => `${date.getUTCMinutes()}`,
  mm: (date) => digits(date.getUTCMinutes(), 2),
  s: (date) => `${date.getUTCSeconds()}`,
  ss: (date) => digits(date.getUTCSeconds(), 2),
  n: (date) => `${date.getUTCMilliseconds() * 1_000_000}`,
  X: (_, { offset = 0 }) => (offset === 0 ? "Z" : hours(offset)),
  XX: (_, { offset = 0 }) => (offset === 0 ? "Z" : compact(offset)),
  XXXX: (_, { offset = 0 }) => (offset === 0 ? "Z" : compact(offset)),
  XXX: (_, { offset = 0 }) => offsetText(offset),
  XXXXX: (_, { offset = 0 }) => offsetText(offset),
  x: (_, { offset = 0 }) => hours(offset),
  xx: (_, { offset = 0 }) => compact(offset),
  xxxx: (_, { offset = 0 }) => compact(offset),
  xxx: (_, { offset = 0 }) => (offset === 0 ? "+00:00" : offsetText(offset)),
  xxxxx: (_, { offset = 0 }) => (offset === 0 ? "+00:00" : offsetText(offset)),
};

const signed = (offset: number, text: string) => (offset < 0 ? "-" : "+") + text;
const compact = (offset: number) =>
  signed(offset, digits(Math.trunc(offset / 60), 2) + digits(offset % 60, 2));
/** Minutes are printed only if they are not zero. */
const hours = (offset: number) =>
  offset % 60 === 0 ? signed(offset, digits(Math.trunc(offset / 60), 2)) : compact(offset);

const PIECES = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|./gs;

export function formatTimestamp(timestamp: Timestamp, pattern: string): string {
  const date = localDate(timestamp);
  return pattern.replace(PIECES, (piece, quoted: string | undefined, letter: string | undefined) => {
    if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'");
    if (letter === undefined) {
      if (piece === "'") throw failure("EvaluatorInvalidTimestampFormatPattern");
      return piece;
    }
    if (letter === "S")
      return date.toISOString().slice(20, 23).padEnd(piece.length, "0").slice(0, piece.length);
    const field = FIELDS[piece];
    if (!field) throw failure("EvaluatorInvalidTimestampFormatPattern");
    return field(date, timestamp);
  });
}
