import { failure } from "./errors.ts";
import type { DatePart } from "./syntax.ts";

export type Precision = "year" | "month" | "day" | "minute" | "second";

/** A moment, with the precision and the UTC offset of its literal. */
export class Timestamp {
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  readonly precision: Precision;
  /** The number of digits of the fraction of a second. */
  readonly digits: number;
  /** In minutes; `undefined` if unknown. */
  readonly offset: number | undefined;

  constructor(time: number, precision: Precision, digits = 0, offset: number | undefined = undefined) {
    this.time = time;
    this.precision = precision;
    this.digits = digits;
    this.offset = offset;
  }
}

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const FORM =
  /^(\d{4})(?:T?|-(\d\d)(?:T?|-(\d\d)(?:T?|T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,30}))?)?(Z|[+-]\d\d:\d\d)?)))$/;

/** Parses the format of Ion and the W3C: `2007T`, `2007-02-23`, `2007-02-23T12:14:33.079-08:00`. */
export function timestampOf(text: string): Timestamp | undefined {
  const [whole, year, month, day, hour, minute, second, fraction = "", zone] = FORM.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const offset = zone === undefined || zone === "-00:00" ? undefined : offsetOf(zone);
  const parts = [month, day, hour, minute, second].map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const [m = 1, d = 1, h = 0, min = 0, s = 0] = parts;
  if (m < 1 || m > 12 || d < 1 || d > daysIn(Number(year), m) || h > 23 || min > 59 || s > 59)
    return undefined;
  if (offset !== undefined && Math.abs(offset) >= 24 * 60) return undefined;
  const milliseconds = Math.floor(Number(`0.${fraction || 0}`) * 1_000);
  const local = Date.UTC(Number(year), m - 1, d, h, min, s, milliseconds);
  const precision =
    second !== undefined ? "second" : hour !== undefined ? "minute" : day ? "day" : month ? "month" : "year";
  return new Timestamp(local - (offset ?? 0) * MINUTE, precision, fraction.length, offset);
}

function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone[0] === "-" ? -minutes : minutes;
}

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** A date whose UTC fields are the timestamp's own. */
export const localDate = ({ time, offset = 0 }: Timestamp): Date => new Date(time + offset * MINUTE);

export const digits = (value: number, width: number): string => `${Math.abs(value)}`.padStart(width, "0");

/** `Z`, `+07:08`, or `-00:00` for an unknown offset. */
export function offsetText(offset: number | undefined): string {
  if (offset === undefined) return "-00:00";
  if (offset === 0) return "Z";
  const minutes = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}`;
}

export function timestampText(timestamp: Timestamp): string {
  const iso = localDate(timestamp).toISOString();
  switch (timestamp.precision) {
    case "year":
      return `${iso.slice(0, 4)}T`;
    case "month":
      return `${iso.slice(0, 7)}T`;
    case "day":
      return iso.slice(0, 10);
    case "minute":
      return iso.slice(0, 16) + offsetText(timestamp.offset);
    default: {
      const fraction = timestamp.digits === 0 ? "" : iso.slice(19, 23).padEnd(timestamp.digits + 1, "0");
      return iso.slice(0, 19) + fraction.slice(0, timestamp.digits + 1) + offsetText(timestamp.offset);
    }
  }
}

const ORDER: Precision[] = ["year", "month", "day", "minute", "second"];

/** The result has the timestamp's precision, or that of the added part if it is finer. */
export function dateAdd(part: DatePart, quantity: number, timestamp: Timestamp): Timestamp {
  const { offset } = timestamp;
  const needed: Precision = part === "hour" ? "minute" : (part as Precision);
  const precision = ORDER.indexOf(needed) > ORDER.indexOf(timestamp.precision) ? needed : timestamp.precision;
  const time = moved(part, quantity, timestamp);
  if (!(Math.abs(time) < 8.64e15)) throw failure("IllegalSqlFunctionArgument");
  const year = new Date(time).getUTCFullYear();
  if (year < 1 || year > 9_999) throw failure("IllegalSqlFunctionArgument");
  return new Timestamp(time, precision, timestamp.digits, offset);
}

function moved(part: DatePart, quantity: number, timestamp: Timestamp): number {
  const { time } = timestamp;
  switch (part) {
    case "year":
      return monthsLater(timestamp, 12 * quantity);
    case "month":
      return monthsLater(timestamp, quantity);
    case "day":
      return time + quantity * DAY;
    case "hour":
      return time + quantity * HOUR;
    case "minute":
      return time + quantity * MINUTE;
    default:
      return time + quantity * 1_000;
  }
}

/** The same day of another month, or that month's last day. */
function monthsLater(timestamp: Timestamp, months: number): number {
  const date = localDate(timestamp);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const [year, of] = [Math.floor(month / 12), ((month % 12) + 12) % 12];
  const day = Math.min(date.getUTCDate(), daysIn(year, of + 1));
  const sinceMidnight = ((date.getTime() % DAY) + DAY) % DAY;
  return Date.UTC(year, of, day) + sinceMidnight - (timestamp.offset ?? 0) * MINUTE;
}

/** The number of whole parts between two timestamps. */
export function dateDiff(part: DatePart, from: Timestamp, to: Timestamp): number {
  const span = to.time - from.time;
  switch (part) {
    case "year":
      return Math.trunc(monthsBetween(from, to) / 12);
    case "month":
      return monthsBetween(from, to);
    case "day":
      return Math.trunc(span / DAY);
    case "hour":
      return Math.trunc(span / HOUR);
    case "minute":
      return Math.trunc(span / MINUTE);
    default:
      return Math.trunc(span / 1_000);
  }
}

function monthsBetween(from: Timestamp, to: Timestamp): number {
  if (to.time < from.time) return 0 - monthsBetween(to, from);
  const [a, b] = [localDate(from), localDate(to)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  return monthsLater(from, months) > to.time ? months - 1 : months;
}

export function extract(part: DatePart, timestamp: Timestamp): number {
  const date = localDate(timestamp);
  const { offset = 0 } = timestamp;
  switch (part) {
    case "year":
      return date.getUTCFullYear();
    case "month":
      return date.getUTCMonth() + 1;
    case "day":
      return date.getUTCDate();
    case "hour":
      return date.getUTCHours();
    case "minute":
      return date.getUTCMinutes();
    case "second":
      return date.getUTCSeconds();
    case "timezone_hour":
      return Math.trunc(offset / 60);
    default:
      return offset % 60;
  }
}
