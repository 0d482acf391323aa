import { memoizeByText } from "#lib/memoize.ts";
import type { LocalTime } from "./schedule.ts";

const MAX_CACHED_ZONES = 600;
const HOUR = 3_600_000;

/** One cached format per zone, because creating a format costs more than using it a hundred times. */
const formats = memoizeByText(
  MAX_CACHED_ZONES,
  (timeZone: string) =>
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }),
);

export function isTimeZone(name: string): boolean {
  try {
    // AWS accepts no UTC offsets as time zones. The length is bounded because the cache's keys are chosen by
    // clients.
    return /^[A-Za-z][A-Za-z0-9_+/-]{0,49}$/.test(name) && formats(name) !== undefined;
  } catch {
    return false;
  }
}

/** The local time at a moment, in milliseconds since 1970. */
export function localTime(moment: number, timeZone: string): LocalTime {
  if (timeZone === "UTC") {
    const date = new Date(moment);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }
  const fields: Record<string, number> = {};
  for (const { type, value } of formats(timeZone).formatToParts(moment)) fields[type] = Number(value);
  return fields as unknown as LocalTime;
}

/**
 * The moments with the given local time, earliest first: usually one, two when clocks are set back.
 * @param skipped the result for a local time that is skipped: none, or the moment by the previous offset
 */
export function utcTimes(
  local: LocalTime,
  timeZone: string,
  { skipped }: { skipped: "none" | "shift" },
): number[] {
  const asUtc = asIfUtc(local);
  if (timeZone === "UTC") return [asUtc];
  // Offsets are at most 14 hours and change rarely, so a day before and a day after show both candidates.
  const offsets = new Set([-24, 24].map((hours) => offsetAt(asUtc + hours * HOUR, timeZone)));
  const matching = [...offsets]
    .map((offset) => asUtc - offset)
    .filter((moment) => asIfUtc(localTime(moment, timeZone)) === asUtc)
    .sort((a, b) => a - b);
  if (matching.length > 0 || skipped === "none") return matching;
  return [asUtc - offsetAt(asUtc - 24 * HOUR, timeZone)];
}

/** A zone's offset from UTC at a moment, in milliseconds. */
function offsetAt(moment: number, timeZone: string): number {
  return asIfUtc(localTime(moment, timeZone)) - (moment - (moment % 1_000));
}

const asIfUtc = ({ year, month, day, hour, minute, second }: LocalTime) =>
  Date.UTC(year, month - 1, day, hour, minute, second);
