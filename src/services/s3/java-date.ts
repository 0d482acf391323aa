const PACIFIC = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/Los_Angeles",
  weekday: "short",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
  year: "numeric",
});

/** Formats a date as Java does, in Pacific Time for every Region, like S3: `Tue Dec 31 16:00:00 PST 2019`. */
export function javaDate(time: number): string {
  const part = Object.fromEntries(PACIFIC.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.month} ${part.day} ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName} ${part.year}`;
}
