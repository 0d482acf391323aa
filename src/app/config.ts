import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ExpectedError } from "./expected-error.ts";
import { type Config, defaults, SETTINGS, type SettingName } from "./settings.ts";

/** Thrown for invalid settings. */
export class ConfigError extends ExpectedError {}

export type Flags = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, with a description of each one's origin. */
export interface Configuration {
  readonly config: Config;
  readonly origins: Readonly<Record<SettingName, string>>;
}

interface RawSetting {
  value: unknown;
  origin: string;
}

/**
 * Reads the settings. Flags take precedence over environment variables, those over the file `nube.json` in
 * the data folder (or `--config FILE`), and that over the defaults. This is the only place that reads the
 * environment.
 *
 * @throws {ConfigError}
 */
export function configure(flags: Flags, environment: Environment = process.env): Configuration {
  const named = text(flags.config) ?? environment.NUBE_CONFIG;
  let file = named === undefined ? undefined : readFile(resolve(named), true);
  const origins = {} as Record<SettingName, string>;
  const values: Record<string, unknown> = { data: defaultData(environment) };

  function lookUp(name: SettingName): RawSetting | undefined {
    const variable = `NUBE_${name.toUpperCase()}`;
    if (flags[name] !== undefined) return { value: flags[name], origin: `--${name}` };
    if (environment[variable]) return { value: environment[variable], origin: variable };
    const localStackSetting = fromLocalStack(name, environment);
    if (localStackSetting) return localStackSetting;
    const value = file?.settings[name];
    return value === undefined ? undefined : { value, origin: file!.path };
  }

  function resolveSetting(name: SettingName): void {
    const raw = lookUp(name);
    origins[name] = raw?.origin ?? "default";
    if (raw) values[name] = checked(name, raw);
    else values[name] ??= defaults(name, values as Partial<Config>);
  }

  resolveSetting("data");
  file ??= readFile(join(values.data as string, "nube.json"), false);
  for (const name of Object.keys(SETTINGS) as SettingName[]) if (name !== "data") resolveSetting(name);
  return Object.freeze({ config: Object.freeze(values as unknown as Config), origins });
}

/**
 * One folder per user, independent of the working directory, so that `nube status` finds what `npm start`
 * started.
 */
function defaultData({ XDG_DATA_HOME }: Environment): string {
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "nube");
}

/** LocalStack's variables, as far as they have the same meaning here. */
function fromLocalStack(name: SettingName, { GATEWAY_LISTEN, DEBUG }: Environment): RawSetting | undefined {
  if (name === "log" && (DEBUG === "1" || DEBUG === "true")) return { value: "debug", origin: "DEBUG" };
  const [, host, port] = /^(?:([^,]*):)?(\d+)(?:,|$)/.exec(GATEWAY_LISTEN ?? "") ?? [];
  if (name === "port" && port) return { value: port, origin: "GATEWAY_LISTEN" };
  if (name === "host" && host) return { value: host.replace(/^\[|\]$/g, ""), origin: "GATEWAY_LISTEN" };
  return undefined;
}

function checked(name: SettingName, { value, origin }: RawSetting): unknown {
  try {
    return SETTINGS[name].read(typeof value === "string" ? value : String(value));
  } catch (error) {
    throw new ConfigError(
      `${name} is ${(error as Error).message}, not ${JSON.stringify(value)} (from ${origin})`,
    );
  }
}

const text = (flag: string | boolean | undefined) => (typeof flag === "string" ? flag : undefined);

interface SettingsFile {
  path: string;
  settings: Partial<Record<string, unknown>>;
}

function readFile(path: string, required: boolean): SettingsFile | undefined {
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (error) {
    if (!required) return undefined;
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const settings = parse(json, path);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(SETTINGS, name));
  if (unknown !== undefined) {
    throw new ConfigError(`${path} sets ${unknown}, which is none of: ${Object.keys(SETTINGS).join(", ")}`);
  }
  return { path, settings };
}

function parse(json: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw new ConfigError(`${path} is no JSON: ${(error as Error).message}`);
  }
  throw new ConfigError(`${path} is not a JSON object`);
}
