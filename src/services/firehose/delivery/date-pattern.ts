import { localTime } from "#aws/languages/schedule/time-zone.ts";

const MONTHS = "January February March April May June July August September October November December";
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday";
const monthNames = MONTHS.split(" ");
const dayNames = DAYS.split(" ");
const DAY_MS = 86_400_000;
/** The modified Julian day of 1970-01-01. */
const EPOCH_DAY = 40_587;

/** A run of one letter, a quoted text, or any other character. */
const TOKEN = /([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z'#{}]/gy;

type Field = (date: Date, width: number, offset: number) => string;

const number =
  (of: (date: Date) => number): Field =>
  (date, width) =>
    String(of(date)).padStart(width, "0");
const named =
  (of: (date: Date) => number, names: readonly string[], first: number): Field =>
  (date, width) => {
    const at = of(date);
    if (width < 3) return String(at + first).padStart(width, "0");
    if (width === 4) return names[at]!;
    return names[at]!.slice(0, width === 3 ? 3 : 1);
  };
const years =
  (of: (date: Date) => number): Field =>
  (date, width) => {
    const text = String(of(date));
    return width === 2 ? text.slice(-2) : text.padStart(width, "0");
  };

const yearOf = (date: Date) => date.getUTCFullYear();
const dayOfYear = (date: Date) => Math.floor((date.getTime() - Date.UTC(yearOf(date), 0, 1)) / DAY_MS) + 1;
const millisecondOfDay = (date: Date) => ((date.getTime() % DAY_MS) + DAY_MS) % DAY_MS;
/** Weeks begin on Sunday, and the first week of a year or month contains its first day, as in the US locale. */
const weekOf = (dayOfSpan: number, date: Date) =>
  Math.floor((dayOfSpan - 1 + ((date.getUTCDay() - dayOfSpan + 1 + 7 * 60) % 7)) / 7) + 1;
const weekYear = (date: Date) => yearOf(new Date(date.getTime() + (6 - date.getUTCDay()) * DAY_MS));
const weekOfYear = (date: Date) => (weekYear(date) === yearOf(date) ? weekOf(dayOfYear(date), date) : 1);

const quarter: Field = (date, width) => {
  const at = Math.floor(date.getUTCMonth() / 3) + 1;
  if (width === 3) return `Q${at}`;
  return width === 4 ? `${["1st", "2nd", "3rd", "4th"][at - 1]} quarter` : String(at).padStart(width, "0");
};
const era: Field = (_, width) => (width === 4 ? "Anno Domini" : "AD".slice(0, width === 5 ? 1 : 2));
const partOfDay: Field = (date) => {
  const hour = date.getUTCHours();
  if (hour < 6 || hour >= 21) return "at night";
  return `in the ${hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening"}`;
};
const dayOfWeek: Field = (date, width) => named((one) => one.getUTCDay(), dayNames, 1)(date, width, 0);

const written = (offset: number, between: string) => {
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${between}${String(minutes).padStart(2, "0")}`;
};
const shortOffset = (offset: number) =>
  offset % 60 === 0 ? written(offset, "").slice(0, 3) : written(offset, "");
const iso =
  (zero: string | undefined): Field =>
  (_, width, offset) => {
    if (offset === 0 && zero !== undefined) return zero;
    if (width === 1) return shortOffset(offset);
    return written(offset, width % 2 === 0 ? "" : ":");
  };
const toGreenwich: Field = (_, width, offset) => {
  if (offset === 0) return "GMT";
  return `GMT${width === 4 ? written(offset, ":") : shortOffset(offset).replace(/^([+-])0/, "$1")}`;
};
const basic: Field = (date, width, offset) => {
  if (width < 4) return written(offset, "");
  return width === 4 ? toGreenwich(date, 4, offset) : iso("Z")(date, 5, offset);
};
/** Writes zones as offsets from GMT, not as names. */
const zoneName: Field = (date, width, offset) => (offset === 0 ? "UTC" : toGreenwich(date, width, offset));

const FIELDS: Readonly<Record<string, Field>> = {
  A: number(millisecondOfDay),
  B: partOfDay,
  D: number(dayOfYear),
  E: (date, width) => dayOfWeek(date, Math.max(3, width), 0),
  F: number((date) => Math.floor((date.getUTCDate() - 1) / 7) + 1),
  G: era,
  H: number((date) => date.getUTCHours()),
  K: number((date) => date.getUTCHours() % 12),
  L: named((date) => date.getUTCMonth(), monthNames, 1),
  M: named((date) => date.getUTCMonth(), monthNames, 1),
  N: number((date) => millisecondOfDay(date) * 1e6),
  O: toGreenwich,
  Q: quarter,
  S: (date, width) => String(date.getUTCMilliseconds()).padStart(3, "0").padEnd(width, "0").slice(0, width),
  W: number((date) => weekOf(date.getUTCDate(), date)),
  X: iso("Z"),
  Y: years(weekYear),
  Z: basic,
  a: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  c: dayOfWeek,
  d: number((date) => date.getUTCDate()),
  e: dayOfWeek,
  g: number((date) => Math.floor(date.getTime() / DAY_MS) + EPOCH_DAY),
  h: number((date) => date.getUTCHours() % 12 || 12),
  k: number((date) => date.getUTCHours() || 24),
  m: number((date) => date.getUTCMinutes()),
  n: number((date) => date.getUTCMilliseconds() * 1e6),
  q: quarter,
  s: number((date) => date.getUTCSeconds()),
  u: years(yearOf),
  v: zoneName,
  w: number(weekOfYear),
  x: iso(undefined),
  y: years(yearOf),
  z: zoneName,
};

/** Formats a date like Java's `DateTimeFormatter`. @param local the local time in UTC fields @param offset minutes ahead of UTC */
export type DatePattern = (local: Date, offset: number) => string;

/** @returns `undefined` for patterns that AWS refuses */
export function parseDatePattern(pattern: string): DatePattern | undefined {
  const parts: DatePattern[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < pattern.length; ) {
    const token = TOKEN.exec(pattern);
    if (!token) return undefined;
    const [text = "", letter, quoted] = token;
    if (letter !== undefined) {
      const field = FIELDS[letter];
      if (!field) return undefined;
      parts.push((date, offset) => field(date, text.length, offset));
    } else if (text !== "[" && text !== "]") {
      const literal = quoted === undefined ? text : quoted.replaceAll("''", "'") || "'";
      parts.push(() => literal);
    }
  }
  return (date, offset) => parts.map((part) => part(date, offset)).join("");
}

/** Formats a time by a pattern, in a time zone. */
export function inZone(pattern: DatePattern, time: number, zone: string | undefined): string {
  const { year, month, day, hour, minute, second } = localTime(time, zone || "UTC");
  const local = Date.UTC(year, month - 1, day, hour, minute, second, ((time % 1_000) + 1_000) % 1_000);
  return pattern(new Date(local), Math.round((local - time) / 60_000));
}
