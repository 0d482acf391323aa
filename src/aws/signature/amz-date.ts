/** `20130524T000000Z`, ISO 8601's basic format, as every Version 4 signature has it. Times are epoch milliseconds. */
export function formatAmzDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** @returns undefined for anything but a real moment in exactly that format */
export function parseAmzDate(text: string): number | undefined {
  const parts = BASIC.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse rolls 31 February over into March.
  return Number.isNaN(time) || formatAmzDate(time) !== text ? undefined : time;
}

/** A `Date` header, which may stand in for `X-Amz-Date`: RFC 822, or the basic format. */
export function parseDateHeader(text: string): number | undefined {
  const basic = parseAmzDate(text);
  if (basic !== undefined) return basic;
  const time = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** `2013-05-24T00:00:00Z`, as S3 tells times in errors. */
export function formatIsoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
