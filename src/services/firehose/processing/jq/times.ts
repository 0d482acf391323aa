import { countSteps, JqError, type Json, numberIn, stringIn, typeOf } from "./values.ts";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86_400_000;
/** The last date that JavaScript can represent. */
const LAST_MS = 8.64e15;
/** The maximum length of a formatted time in jq 1.6. */
const MAX_FORMAT_LENGTH = 4_096;

const two = (value: number, fill = "0") => String(value).padStart(2, fill);
const dayOfYear = (date: Date) =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
/** The week of the year for weeks that begin on a given weekday; days before the first such day are in week 0. */
const weekFrom = (first: number, date: Date) =>
  Math.floor((dayOfYear(date) + 6 - ((date.getUTCDay() - first + 7) % 7)) / 7);

/** The Thursday of a date's week, which determines the week's year and number in ISO 8601. */
const thursday = (date: Date) => new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);

const WRITTEN: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()).padStart(4, "0"),
  C: (date) => two(Math.floor(date.getUTCFullYear() / 100)),
  y: (date) => two(date.getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => two(date.getUTCDate(), " "),
  H: (date) => two(date.getUTCHours()),
  k: (date) => two(date.getUTCHours(), " "),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  l: (date) => two(date.getUTCHours() % 12 || 12, " "),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  p: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  j: (date) => String(dayOfYear(date)).padStart(3, "0"),
  a: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()]!,
  b: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  h: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()]!,
  u: (date) => String(date.getUTCDay() || 7),
  w: (date) => String(date.getUTCDay()),
  U: (date) => two(weekFrom(0, date)),
  W: (date) => two(weekFrom(1, date)),
  V: (date) => two(Math.ceil(dayOfYear(thursday(date)) / 7)),
  G: (date) => String(thursday(date).getUTCFullYear()),
  s: (date) => String(Math.floor(date.getTime() / 1_000)),
  Z: () => "UTC",
  z: () => "+0000",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};
const SHORT: Readonly<Record<string, string>> = {
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  D: "%m/%d/%y",
  R: "%H:%M",
  r: "%I:%M:%S %p",
  c: "%a %b %e %H:%M:%S %Y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
};
const DIRECTIVE = /%(.)/gs;

function spelledOut(format: string): string {
  if (format.length > MAX_FORMAT_LENGTH) throw new JqError("the format of a time is too long");
  const all = format.replace(DIRECTIVE, (sign, letter: string) => SHORT[letter] ?? sign);
  countSteps(all.length);
  return all;
}

/** Formats seconds since 1970, or a broken-down time. */
export function strftime(value: Json, format: string): string {
  const date = dateOf(value);
  return spelledOut(format).replace(DIRECTIVE, (all, letter: string) => WRITTEN[letter]?.(date) ?? all);
}

function dateOf(value: Json): Date {
  const time = (Array.isArray(value) ? mktime(value) : numberIn(value, "strftime")) * 1_000;
  if (!(Math.abs(time) <= LAST_MS)) throw new JqError("the time is out of range");
  return new Date(Math.floor(time / 1_000) * 1_000);
}

/** The broken-down time: `[year, month from 0, day, hours, minutes, seconds, weekday, day of the year from 0]` */
export function gmtime(value: Json): number[] {
  const seconds = numberIn(value, "gmtime");
  const date = dateOf(seconds);
  const fraction = seconds - Math.floor(seconds);
  return apart(date, date.getUTCSeconds() + fraction);
}

const apart = (date: Date, seconds: number): number[] => [
  date.getUTCFullYear(),
  date.getUTCMonth(),
  date.getUTCDate(),
  date.getUTCHours(),
  date.getUTCMinutes(),
  seconds,
  date.getUTCDay(),
  dayOfYear(date) - 1,
];

export function mktime(value: Json): number {
  if (!Array.isArray(value) || value.length < 6 || value.some((part) => typeof part !== "number"))
    throw new JqError(`mktime is of a time that is taken apart, and not of ${typeOf(value)}`);
  const [year, month, day, hours, minutes, seconds] = value as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = Date.UTC(year, month, day, hours, minutes, Math.floor(seconds));
  if (Number.isNaN(time)) throw new JqError("the time is out of range");
  return Math.floor(time / 1_000);
}

/** The text that a directive matches, and its effect on the time. */
type Directive = [pattern: RegExp, apply: (read: string, time: ParsedTime) => void];
interface ParsedTime {
  parts: number[];
  isAfternoon?: boolean;
}

/** A directive for a part of the time with at most two digits, between two bounds. */
const part = (index: number, least: number, most: number, less = 0): Directive => [
  /\s*\d{1,2}/y,
  (read, { parts }) => {
    const value = Number(read);
    if (value < least || value > most) throw new JqError(`${read} is no part of a time`);
    parts[index] = value - less;
  },
];
const name = (names: readonly string[], index?: number): Directive => [
  new RegExp(names.flatMap((one) => [one, one.slice(0, 3)]).join("|"), "iy"),
  (read, { parts }) => {
    const short = (text: string) => text.slice(0, 3).toLowerCase();
    if (index !== undefined) parts[index] = names.findIndex((one) => short(one) === short(read));
  },
];
const SPACE: Directive = [/\s*/y, () => {}];
const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: [/\d{4}/y, (read, { parts }) => void (parts[0] = Number(read))],
  y: [/\d{2}/y, (read, { parts }) => void (parts[0] = Number(read) + (Number(read) < 69 ? 2000 : 1900))],
  m: part(1, 1, 12, 1),
  d: part(2, 1, 31),
  e: part(2, 1, 31),
  H: part(3, 0, 23),
  I: part(3, 1, 12),
  M: part(4, 0, 59),
  // Up to two leap seconds, as in C.
  S: part(5, 0, 61),
  a: name(DAYS),
  A: name(DAYS),
  b: name(MONTHS, 1),
  h: name(MONTHS, 1),
  B: name(MONTHS, 1),
  p: [/[AP]M/iy, (read, time) => void (time.isAfternoon = read[0]!.toLowerCase() === "p")],
  // Zones are parsed and ignored.
  Z: [/[A-Za-z]+/y, () => {}],
  z: [/Z|[+-]\d{2}:?\d{2}/y, () => {}],
  n: SPACE,
  t: SPACE,
  "%": [/%/y, () => {}],
};

/** Parses a time in a format. @throws {JqError} if the text does not match */
export function strptime(value: Json, format: string): number[] {
  const text = stringIn(value, "strptime");
  const time: ParsedTime = { parts: [1900, 0, 1, 0, 0, 0] };
  let end = 0;
  for (const [sign, letter] of spelledOut(format).matchAll(/%(.)|\s+|./gs)) {
    const read = letter === undefined ? literal(sign) : DIRECTIVES[letter];
    if (!read) throw new JqError(`strptime does not know ${sign}`);
    const [pattern, apply] = read;
    pattern.lastIndex = end;
    const found = pattern.exec(text);
    if (!found) throw new JqError(`the date does not match the format ${JSON.stringify(format)}`);
    apply(found[0].trim(), time);
    end = pattern.lastIndex;
  }
  if (end < text.length) throw new JqError(`the date does not match the format ${JSON.stringify(format)}`);
  return dateIn(time);
}

const literal = (sign: string): Directive =>
  /\s/.test(sign) ? SPACE : [new RegExp(sign.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&"), "iy"), () => {}];

function dateIn({ parts, isAfternoon }: ParsedTime): number[] {
  const [year, month, day, hours, minutes, seconds] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const hour = isAfternoon === undefined ? hours : (hours % 12) + (isAfternoon ? 12 : 0);
  const date = new Date(Date.UTC(year, month, day, hour, minutes, seconds));
  return apart(date, date.getUTCSeconds());
}
