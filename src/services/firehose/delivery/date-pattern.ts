import { localTime } from "#aws/languages/schedule/time-zone.ts";
import { invalid } from "../errors.ts";

const MONTHS = "January February March April May June July August September October November December";
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday";
const monthNames = MONTHS.split(" ");
const dayNames = DAYS.split(" ");

/** A letter's run, a text in quotes, or any other sign. */
const TOKEN = /([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']/gy;

type Field = (date: Date, width: number) => string;

const number =
  (of: (date: Date) => number): Field =>
  (date, width) =>
    String(of(date)).padStart(width, "0");
const named =
  (of: (date: Date) => number, names: readonly string[], first: number): Field =>
  (date, width) => {
    const at = of(date);
    if (width < 3) return String(at + first).padStart(width, "0");
    return width === 3 ? names[at]!.slice(0, 3) : names[at]!;
  };
const year: Field = (date, width) => {
  const text = String(date.getUTCFullYear());
  return width === 2 ? text.slice(-2) : text.padStart(width, "0");
};
const dayOfYear = (date: Date) =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

const FIELDS: Readonly<Record<string, Field>> = {
  y: year,
  u: year,
  M: named((date) => date.getUTCMonth(), monthNames, 1),
  L: named((date) => date.getUTCMonth(), monthNames, 1),
  d: number((date) => date.getUTCDate()),
  D: number(dayOfYear),
  E: (date, width) => named((one) => one.getUTCDay(), dayNames, 1)(date, Math.max(3, width)),
  a: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  H: number((date) => date.getUTCHours()),
  k: number((date) => date.getUTCHours() || 24),
  K: number((date) => date.getUTCHours() % 12),
  h: number((date) => date.getUTCHours() % 12 || 12),
  m: number((date) => date.getUTCMinutes()),
  s: number((date) => date.getUTCSeconds()),
  S: (date, width) => String(date.getUTCMilliseconds()).padStart(3, "0").padEnd(width, "0").slice(0, width),
};

/** The fields of Java's `DateTimeFormatter` that name a date or a time of day. */
export type DatePattern = (local: Date) => string;

/** @throws {AwsError} InvalidArgumentException */
export function parseDatePattern(pattern: string): DatePattern {
  const parts: ((date: Date) => string)[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < pattern.length; ) {
    const token = TOKEN.exec(pattern);
    const [text = "", letter, quoted] = token ?? [];
    if (!token) throw invalid(`Invalid timestamp format: ${pattern}`);
    if (letter !== undefined) {
      const field = FIELDS[letter];
      if (!field) throw invalid(`Invalid timestamp format: ${pattern}`);
      parts.push((date) => field(date, text.length));
    } else {
      const literal = quoted === undefined ? text : quoted.replaceAll("''", "'") || "'";
      parts.push(() => literal);
    }
  }
  return (date) => parts.map((part) => part(date)).join("");
}

/** What clocks of a zone show, as a date whose UTC fields show it. */
export function inZone(time: number, zone: string | undefined): Date {
  const { year, month, day, hour, minute, second } = localTime(time, zone || "UTC");
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second, time % 1_000));
}
