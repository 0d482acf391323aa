import { type Cron, cronOf, nextDay } from "./cron.ts";
import { localTime, utcTimes } from "./time-zone.ts";

/**
 * The schedule expressions of EventBridge, Scheduler and Auto Scaling: `rate(5 minutes)`, `cron(0 12 ? * MON *)`,
 * `at(2030-01-01T00:00:00)`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export type Schedule =
  | { kind: "rate"; milliseconds: number }
  | { kind: "cron"; cron: Cron }
  | { kind: "at"; date: LocalTime };

/** A local date and time in some time zone. */
export interface LocalTime {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const MAX_RATE = 2 ** 31 - 1;
/** The latest time that a `Date` can represent. */
const END_OF_TIME = 8.64e15;

/**
 * @param strict lower case only; one unit is singular, several are plural, separated by one space; a cron
 * expression has a year. EventBridge Scheduler does not require any of these.
 * @returns `undefined` if the text is not a valid schedule expression
 */
export function parseSchedule(expression: string, { strict = true } = {}): Schedule | undefined {
  const [, word = "", content = ""] = /^(rate|cron|at)\(([^()]*)\)$/i.exec(expression) ?? [];
  const kind = strict ? word : word.toLowerCase();
  if (kind === "rate") return rateOf(content, strict);
  if (kind === "at") return atOf(content);
  const cron = kind === "cron" ? cronOf(content, { strict }) : undefined;
  return cron && { kind: "cron", cron };
}

function rateOf(content: string, strict: boolean): Schedule | undefined {
  const [, digits, space, unit, plural] = /^(\d{1,10})( *)(minute|hour|day)(s?)$/.exec(content) ?? [];
  const value = Number(digits);
  if (unit === undefined || value < 1 || value > MAX_RATE) return undefined;
  if (strict && (space !== " " || (plural === "s") !== value > 1)) return undefined;
  return { kind: "rate", milliseconds: value * UNITS[unit]! };
}

function atOf(content: string): Schedule | undefined {
  const [, ...digits] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(content) ?? [];
  if (digits.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = digits.map((text) => Number(text ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = { year, month, day, hour, minute, second };
  const local = localTime(Date.UTC(year, month - 1, day, hour, minute, second), "UTC");
  return Object.keys(date).every((key) => date[key as keyof LocalTime] === local[key as keyof LocalTime])
    ? { kind: "at", date }
    : undefined;
}

export interface Occasion {
  /** Only occurrences after this time count, in milliseconds since 1970. */
  after: number;
  /** The start of a rate's intervals. */
  start: number;
  /** IANA name; UTC by default. */
  timeZone?: string;
}

/** Returns `undefined` if there are no more occurrences. */
export function nextOccurrence(
  schedule: Schedule,
  { after, start, timeZone = "UTC" }: Occasion,
): number | undefined {
  if (schedule.kind === "rate") {
    const { milliseconds } = schedule;
    const next = start + Math.max(1, Math.floor((after - start) / milliseconds) + 1) * milliseconds;
    return next > END_OF_TIME ? undefined : next;
  }
  if (schedule.kind === "at") {
    // A local time that is skipped when clocks are set forward is converted with the previous offset.
    const [moment] = utcTimes(schedule.date, timeZone, { skipped: "shift" });
    return moment! > after ? moment : undefined;
  }
  return nextCron(schedule.cron, after, timeZone);
}

/**
 * When clocks are set forward, an occurrence in the skipped hour is omitted; when they are set back, an
 * occurrence that would happen twice happens once.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
function nextCron(cron: Cron, after: number, timeZone: string): number | undefined {
  const local = localTime(after, timeZone);
  const { year, month, day } = local;
  const past = shownMinute(local) - MAX_SHIFT_MINUTES;
  for (let date = nextDay(cron, { year, month, day }); date; date = nextDay(cron, dayAfter(date))) {
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const local = { ...date, hour, minute, second: 0 };
        if (shownMinute(local) < past) continue;
        const [moment] = utcTimes(local, timeZone, { skipped: "none" });
        if (moment !== undefined && moment > after) return moment;
      }
    }
  }
  return undefined;
}

/** The maximum change when clocks are set back, except when a country crosses the date line. */
const MAX_SHIFT_MINUTES = 180;

const shownMinute = ({ year, month, day, hour, minute }: LocalTime) =>
  Date.UTC(year, month - 1, day, hour, minute) / 60_000;

export interface CalendarDay {
  year: number;
  month: number;
  day: number;
}

function dayAfter({ year, month, day }: CalendarDay): CalendarDay {
  const next = localTime(Date.UTC(year, month - 1, day + 1), "UTC");
  return { year: next.year, month: next.month, day: next.day };
}
