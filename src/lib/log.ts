import { wallNow } from "./wall.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** One JSON object a line. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Record<string, unknown>;

export const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

export function jsonLog(level: LogLevel, write: (line: string) => void): Log {
  const from = LEVELS.indexOf(level);
  const at = (name: Exclude<LogLevel, "silent">) => {
    if (LEVELS.indexOf(name) < from) return () => {};
    return (message: string, fields: LogFields = {}) => {
      const time = new Date(wallNow()).toISOString();
      write(`${JSON.stringify({ time, level: name, message, ...flat(fields) })}\n`);
    };
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export const silentLog: Log = jsonLog("silent", () => {});

export function bothLogs(one: Log, other: Log): Log {
  const at =
    (level: keyof Log): Log[keyof Log] =>
    (message, fields) => {
      one[level](message, fields);
      other[level](message, fields);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Errors have no enumerable fields, so the relevant ones are copied. */
function flat(fields: LogFields): LogFields {
  const { error, ...rest } = fields;
  if (!(error instanceof Error)) return fields;
  return {
    ...rest,
    error: error.message,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : String(error.cause),
  };
}
