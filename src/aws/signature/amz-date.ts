import { memoizeByText } from "#lib/memoize.ts";

/**
 * Formats `20130524T000000Z`, ISO 8601's basic format, which Version 4 signatures use. Times are epoch
 * milliseconds.
 */
export function formatAmzDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** @returns undefined unless the text is a valid time in exactly that format */
export function parseAmzDate(text: string): number | undefined {
  return moments(text) ?? undefined;
}

/** Cached, since a client signs many requests per second. */
const moments = memoizeByText(100, (text): number | null => {
  const parts = BASIC.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const time = Date.UTC(year!, month! - 1, day, hour, minute, second);
  // Date.UTC normalizes invalid dates: 31 February to March, 24:00:60 to the next day.
  const date = new Date(time);
  const real =
    date.getUTCDate() === day &&
    date.getUTCMonth() === month! - 1 &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60;
  return real ? time : null;
});

/** Parses a `Date` header, which may replace `X-Amz-Date`: RFC 822, or the basic format. */
export function parseDateHeader(text: string): number | undefined {
  const basic = parseAmzDate(text);
  if (basic !== undefined) return basic;
  // Without a zone, a date would be interpreted in the server's own.
  const time = /^[A-Za-z]{3}, .* (GMT|UTC|[+-]\d{4})$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
