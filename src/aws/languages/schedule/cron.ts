import type { CalendarDay } from "./schedule.ts";

/** A parsed cron expression of six fields: minutes, hours, day of month, month, day of week, year. */
export interface Cron {
  /** All matching values in ascending order. */
  minutes: readonly number[];
  hours: readonly number[];
  months: ReadonlySet<number>;
  years: ReadonlySet<number>;
  isDay: (date: CalendarDay) => boolean;
}

interface Range {
  from: number;
  to: number;
  maxStep: number;
  names?: readonly string[];
}

const MINUTES: Range = { from: 0, to: 59, maxStep: 59 };
const HOURS: Range = { from: 0, to: 23, maxStep: 23 };
const DAYS: Range = { from: 1, to: 31, maxStep: 31 };
const MONTHS: Range = {
  from: 1,
  to: 12,
  maxStep: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/** Sunday is 1. */
const WEEKDAYS: Range = {
  from: 1,
  to: 7,
  maxStep: 7,
  names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
const YEARS: Range = { from: 1970, to: 2199, maxStep: 229 };
const SATURDAY = 7;
const SUNDAY = 1;

type DayRule = (date: CalendarDay) => boolean;

/** Returns `undefined` if the text is not a valid AWS cron expression. */
export function cronOf(content: string, { strict = true } = {}): Cron | undefined {
  const fields = content.trim().toUpperCase().split(/\s+/);
  if (!strict && fields.length === 5) fields.push("*");
  if (fields.length !== 6) return undefined;
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  // Exactly one of the two must be `?`.
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  const minutes = valuesOf(minute, MINUTES);
  const hours = valuesOf(hour, HOURS);
  const months = valuesOf(month, MONTHS);
  const years = valuesOf(year, YEARS);
  const isDay = dayOfMonth === "?" ? weekdayRule(dayOfWeek) : monthDayRule(dayOfMonth);
  if (!minutes || !hours || !months || !years || !isDay) return undefined;
  return { minutes, hours, months: new Set(months), years: new Set(years), isDay };
}

/** The first day, from that day on, on which the schedule fires. */
export function nextDay(cron: Cron, from: CalendarDay): CalendarDay | undefined {
  let { day } = from;
  for (let { year, month } = from; year <= YEARS.to; month = 1, year++, day = 1) {
    if (!cron.years.has(year)) continue;
    for (; month <= 12; month++, day = 1) {
      if (!cron.months.has(month)) continue;
      for (; day <= daysIn(year, month); day++)
        if (cron.isDay({ year, month, day })) return { year, month, day };
    }
  }
  return undefined;
}

/** Parses `*`, `5`, `1-5`, `MON-FRI`, `0/15`, `*` with a step, and lists of them; sorted. */
function valuesOf(field: string, range: Range): number[] | undefined {
  const values = new Set<number>();
  for (const entry of field.split(",")) {
    const [span = "", step, ...more] = entry.split("/");
    const bounds = boundsOf(span, range, step !== undefined);
    if (!bounds || more.length > 0) return undefined;
    if (step !== undefined && !(/^[1-9]\d{0,2}$/.test(step) && Number(step) <= range.maxStep))
      return undefined;
    for (const part of bounds) {
      for (let value = part.from; value <= part.to; value += Number(step ?? 1)) values.add(value);
    }
  }
  return [...values].sort((a, b) => a - b);
}

/** The bounds of a range. A range whose end precedes its start wraps around: `FRI-MON`. */
function boundsOf(span: string, range: Range, isOpen: boolean): Pick<Range, "from" | "to">[] | undefined {
  if (span === "*") return [range];
  const [first = "", last, ...more] = span.split("-");
  const from = numberOf(first, range);
  const to = last === undefined ? (isOpen ? range.to : from) : numberOf(last, range);
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  if (from <= to) return [{ from, to }];
  return range === YEARS
    ? undefined
    : [
        { from, to: range.to },
        { from: range.from, to },
      ];
}

function numberOf(text: string, { from, to, names }: Range): number | undefined {
  const name = names?.indexOf(text) ?? -1;
  if (name >= 0) return name + from;
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= from && value <= to ? value : undefined;
}

/** Parses days of the month, the last one (`L`), or the weekday nearest to one (`15W`, `LW`). */
function monthDayRule(field: string): DayRule | undefined {
  if (field === "L") return ({ year, month, day }) => day === daysIn(year, month);
  if (field === "LW")
    return ({ year, month, day }) => day === nearestWeekday(year, month, daysIn(year, month));
  const nearest = /^(\d{1,2})W$/.exec(field)?.[1];
  if (nearest !== undefined) {
    const number = numberOf(nearest, DAYS);
    return number === undefined
      ? undefined
      : ({ year, month, day }) =>
          number <= daysIn(year, month) && day === nearestWeekday(year, month, number);
  }
  const days = valuesOf(field, DAYS);
  return days && (({ day }) => days.includes(day));
}

/** Parses days of the week, the last one of a kind in a month (`6L`), or the n-th (`3#2`). */
function weekdayRule(field: string): DayRule | undefined {
  if (field === "L") return (date) => weekdayOf(date) === SATURDAY;
  const [, lastOf] = /^(\w+)L$/.exec(field) ?? [];
  if (lastOf !== undefined) {
    const number = numberOf(lastOf, WEEKDAYS);
    return number === undefined
      ? undefined
      : (date) => weekdayOf(date) === number && date.day > daysIn(date.year, date.month) - 7;
  }
  const [, nthOf, n] = /^(\w+)#([1-5])$/.exec(field) ?? [];
  if (nthOf !== undefined) {
    const number = numberOf(nthOf, WEEKDAYS);
    return number === undefined
      ? undefined
      : (date) => weekdayOf(date) === number && Math.ceil(date.day / 7) === Number(n);
  }
  const days = valuesOf(field, WEEKDAYS);
  return days && ((date) => days.includes(weekdayOf(date)));
}

/** The nearest weekday within the same month: Sunday the 1st gives the 2nd, Saturday the 1st the 3rd. */
function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = weekdayOf({ year, month, day });
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1;
  if (weekday === SUNDAY) return day === daysIn(year, month) ? day - 2 : day + 1;
  return day;
}

const weekdayOf = ({ year, month, day }: CalendarDay) =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();
