import { memoizeByText } from "#lib/memoize.ts";

/** `20130524T000000Z`, ISO 8601's basic format, as every Version 4 signature has it. Times are epoch milliseconds. */
export function formatAmzDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** @returns undefined for anything but a real moment in exactly that format */
export function parseAmzDate(text: string): number | undefined {
  return moments(text) ?? undefined;
}

/** A client signs many requests in one second. */
const moments = memoizeByText(100, (text): number | null => {
  const parts = BASIC.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const time = Date.UTC(year!, month! - 1, day, hour, minute, second);
  // Date.UTC rolls 31 February over into March, and 24:00:60 into the next day.
  const date = new Date(time);
  const real =
    date.getUTCDate() === day &&
    date.getUTCMonth() === month! - 1 &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60;
  return real ? time : null;
});

/** A `Date` header, which may stand in for `X-Amz-Date`: RFC 822, or the basic format. */
export function parseDateHeader(text: string): number | undefined {
  const basic = parseAmzDate(text);
  if (basic !== undefined) return basic;
  // Without its zone a date would be read in the server's own.
  const time = /^[A-Za-z]{3}, .* (GMT|UTC|[+-]\d{4})$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
