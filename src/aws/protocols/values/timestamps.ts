import type { TimestampFormat } from "../../contract/format.ts";
import { Malformed } from "./malformed.ts";

const epoch = /^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const iso = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[-+]\d\d:?\d\d)?)?$/;
const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const rfc822 =
  /^(?:[A-Za-z]{3}, )?\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4} \d\d:\d\d:\d\d(?:\.\d+)? (?:GMT|UTC|[-+]\d{4})$/;

/**
 * Parses any of the formats that AWS accepts. Models and clients do not agree on one, so all are accepted
 * everywhere.
 */
export function parseTimestamp(text: string): Date {
  const trimmed = text.trim();
  if (epoch.test(trimmed)) return fromEpochSeconds(Number(trimmed));
  const compact = basic.exec(trimmed);
  if (compact !== null) {
    const [, year, month, day, hour, minute, second] = compact;
    return valid(new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), text);
  }
  if (iso.test(trimmed)) {
    // JavaScript interprets a date-time without an offset as local time; AWS as UTC.
    const zoned =
      trimmed.length <= 10 || /(?:[Zz]|[-+]\d\d:?\d\d)$/.test(trimmed.slice(10)) ? trimmed : `${trimmed}Z`;
    return valid(new Date(zoned), text);
  }
  if (rfc822.test(trimmed)) return valid(new Date(trimmed), text);
  throw new Malformed(`Unable to parse timestamp: ${text}`);
}

/** Rounded to milliseconds, since `1398796238.123` has no exact binary representation. */
export function fromEpochSeconds(seconds: number): Date {
  return valid(new Date(Math.round(seconds * 1000)), String(seconds));
}

function valid(date: Date, text: string): Date {
  if (Number.isNaN(date.getTime())) throw new Malformed(`Unable to parse timestamp: ${text}`);
  return date;
}

export type WriteTimestamp = (date: Date) => string;

const day = 86_400_000;
const pairs = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

/** Caches the date part of the text until the day changes. */
function dayPrinter(print: (date: Date) => string): (date: Date) => string {
  let lastDay = Number.NaN;
  let last = "";
  return (date) => {
    const number = Math.floor(date.getTime() / day);
    if (number !== lastDay) {
      last = print(date);
      lastDay = number;
    }
    return last;
  };
}

function timeOfDay(time: number): string {
  const seconds = Math.floor((time - Math.floor(time / day) * day) / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${pairs[Math.floor(minutes / 60)]}:${pairs[minutes % 60]}:${pairs[seconds % 60]}`;
}

const isoDay = dayPrinter((date) => date.toISOString().slice(0, -13));
const rfc822Day = dayPrinter((date) => date.toUTCString().slice(0, -12));

/**
 * `2026-11-21T07:36:27.000Z`: the format of most services. Listings contain many dates, and `toISOString` is
 * the most expensive part of an entry; consecutive dates are mostly of the same day, so only the time has to
 * be formatted.
 */
export const isoWithMillis: WriteTimestamp = (date) => {
  const fraction = String(date.getUTCMilliseconds()).padStart(3, "0");
  return `${isoDay(date)}${timeOfDay(date.getTime())}.${fraction}Z`;
};

/** `Sat, 21 Nov 2026 07:36:27 GMT`, in headers. */
const rfc822Date: WriteTimestamp = (date) => `${rfc822Day(date)}${timeOfDay(date.getTime())} GMT`;

/** `2026-11-21T07:36:27Z`: IAM and STS print no fraction, which some of their oldest clients cannot parse. */
export const isoInSeconds: WriteTimestamp = (date) => `${isoWithMillis(date).slice(0, -5)}Z`;

/** `2026-11-21T07:36:27Z` or `….250Z`: Smithy's date-time, for headers, labels and JSON. */
const isoShortest: WriteTimestamp = (date) =>
  date.getUTCMilliseconds() === 0 ? isoInSeconds(date) : isoWithMillis(date);

const writers: Record<TimestampFormat, WriteTimestamp> = {
  iso8601: isoShortest,
  rfc822: rfc822Date,
  unixTimestamp: (date) => String(date.getTime() / 1000),
};

export const timestampWriter = (format: TimestampFormat): WriteTimestamp => writers[format];
