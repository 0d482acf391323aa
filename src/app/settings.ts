import { isIP } from "node:net";
import { resolve } from "node:path";
import type { AuthMode } from "#gateway/authenticate.ts";
import { LEVELS, type LogLevel } from "#lib/log.ts";

/** A cloud's settings; validated, and constant while it runs. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly ephemeral: boolean;
  /** The URL of a PostgreSQL database; without it, records are kept in the data folder. */
  readonly store: string | undefined;
  readonly auth: AuthMode;
  readonly region: string;
  readonly account: string;
  readonly hosts: readonly string[];
  /** The services that enforce AWS's throughput limits. */
  readonly limits: readonly string[];
  readonly log: LogLevel;
}

export type SettingName = keyof Config;

interface Setting<T> {
  /** Represents the value in help texts; a setting without it is a switch. */
  placeholder?: string;
  help: string;
  /** @throws {Error} whose message completes "<name> is …" */
  read(text: string): T;
  fallback(others: Partial<Config>): T;
}

/** LocalStack's port, which scripts expect. */
export const STANDARD_PORT = 4566;

const LIMITED = ["dynamodb", "kinesis"];

/** Each setting is a flag (`--port`), a variable (`NUBE_PORT`) and a key of `nube.json`. */
export const SETTINGS: { [Name in SettingName]: Setting<Config[Name]> } = {
  port: {
    placeholder: "PORT",
    help: "port to listen on; 0 picks a free one (4566)",
    read: portNumber,
    fallback: () => STANDARD_PORT,
  },
  host: {
    placeholder: "HOST",
    help: "address to listen on; 0.0.0.0 serves other machines (127.0.0.1)",
    read: hostName,
    fallback: () => "127.0.0.1",
  },
  data: {
    placeholder: "DIR",
    help: "folder for all data ($XDG_DATA_HOME/nube, that is ~/.local/share/nube)",
    read: (text) => resolve(text),
    fallback: ({ data }) => data!,
  },
  ephemeral: {
    help: "keep everything in memory, and lose it at the end",
    read: yesOrNo,
    fallback: () => false,
  },
  store: {
    placeholder: "URL",
    help: "keep records in PostgreSQL: postgres://user:password@host/database",
    read: databaseUrl,
    fallback: () => undefined,
  },
  auth: {
    placeholder: "MODE",
    help: "strict: verify every signature; loopback: treat unknown keys as root (loopback on a loopback host, else strict)",
    read: (text) => oneOf(["strict", "loopback"], text),
    fallback: ({ host }) => (isLoopback(host!) ? "loopback" : "strict"),
  },
  region: {
    placeholder: "REGION",
    help: "Region for calls that name none (us-east-1)",
    read: (text) => matching(/^[a-z]{2,5}(-[a-z]+){1,3}-\d{1,2}$/, "a Region like eu-central-1", text),
    fallback: () => "us-east-1",
  },
  account: {
    placeholder: "ID",
    help: "account of the access key `test` (000000000000)",
    read: (text) => matching(/^\d{12}$/, "an account id of 12 digits", text),
    fallback: () => "000000000000",
  },
  hosts: {
    placeholder: "NAMES",
    help: "more host names of this cloud, separated by commas",
    read: (text) => Object.freeze(text.toLowerCase().split(",").filter(Boolean).map(hostName)),
    fallback: () => Object.freeze([]),
  },
  limits: {
    placeholder: "SERVICES",
    help: `services that enforce AWS's throughput limits, separated by commas: ${LIMITED.join(", ")} (none)`,
    read: (text) =>
      Object.freeze(
        text
          .split(",")
          .filter(Boolean)
          .map((word) => oneOf(LIMITED, word)),
      ),
    fallback: () => Object.freeze([]),
  },
  log: {
    placeholder: "LEVEL",
    help: `${LEVELS.join(", ")} (info)`,
    read: (text) => oneOf(LEVELS, text),
    fallback: () => "info",
  },
};

export function defaults(name: SettingName, others: Partial<Config>): unknown {
  return SETTINGS[name].fallback(others);
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error("a number from 0 to 65535");
}

function hostName(text: string): string {
  if (isIP(text) !== 0) return text;
  return matching(/^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i, "an address or a host name", text);
}

function yesOrNo(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new Error("true or false");
}

function databaseUrl(text: string): string {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  throw new Error("a URL like postgres://user:password@host/database");
}

function oneOf<T extends string>(words: readonly T[], text: string): T {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`one of ${words.join(", ")}`);
  return found;
}

function matching(pattern: RegExp, what: string, text: string): string {
  if (!pattern.test(text)) throw new Error(what);
  return text;
}
