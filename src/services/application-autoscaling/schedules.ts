import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import { parseSchedule, type Schedule } from "#aws/languages/schedule/schedule.ts";
import { isTimeZone } from "#aws/languages/schedule/time-zone.ts";
import { invalid } from "./errors.ts";

const RATE = /^rate\((\d+)\s?(?:minutes?|hours?|days?)\)$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
/** Obsolete short names that Node accepts, but AWS does not. */
const OBSOLETE_ZONES = new Set(
  "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST".split(
    " ",
  ),
);

/**
 * Parses a schedule as EventBridge does, except that the space in a rate is optional, and singular and plural are
 * equal.
 */
export const scheduleOf = (text: string): Schedule | undefined =>
  parseSchedule(text) ??
  (RATE.test(text) ? parseSchedule(text.replace(/\s/, " "), { strict: false }) : undefined);

/** @throws {AwsError} ValidationException */
export function checkSchedule(
  schedule: string,
  { Timezone, StartTime, EndTime }: AutoScaling.PutScheduledActionRequest,
): void {
  if (!scheduleOf(schedule)) throw invalid(faultOf(schedule));
  if (Timezone !== undefined && (OBSOLETE_ZONES.has(Timezone) || !isTimeZone(Timezone)))
    throw invalid(`Invalid schedule timezone: ${Timezone}`);
  if (StartTime && EndTime && StartTime >= EndTime) throw invalid("StartTime must be before EndTime");
}

/** The error of an invalid schedule, in the words of AWS's two parsers: its own and Joda's. */
function faultOf(schedule: string): string {
  const fault = (details: string) => `Invalid schedule expression. Details: ${details}`;
  if (Number(RATE.exec(schedule)?.[1]) === 0)
    return "Invalid schedule frequency. Run for '1970-01-01T00:00:00.000Z' and '1970-01-01T00:00:00.000Z' are less than 60 seconds apart";
  const [, date] = /^at\((.*)\)$/s.exec(schedule) ?? [];
  if (date !== undefined) {
    const [whole] = DATE.exec(date) ?? [];
    const how = whole === undefined ? "is too short" : `is malformed at "${date.slice(whole.length)}"`;
    return fault(`Invalid schedule at DateTime expression: Invalid format: "${date}" ${how}`);
  }
  if (/^cron\(.*\)$/s.test(schedule))
    return fault(
      "Invalid CRON expression: error at position 1, details: '?' can only be specified for Day-of-Month or Day-of-Week.",
    );
  return fault(
    "Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).",
  );
}
