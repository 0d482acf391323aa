import { relative } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, type Configuration, configure, type Flags } from "#app/config.ts";
import { ExpectedError } from "#app/expected-error.ts";
import { SETTINGS, type SettingName } from "#app/settings.ts";

/** One word after `nube`. */
export interface Command {
  summary: string;
  /** What stands after the name: `advance SPAN | freeze`. */
  usage?: string;
  /** Lines of a person's language: what it does, and examples. */
  help: string;
  /** The settings that it takes as flags, besides `--config`. */
  settings: readonly SettingName[];
  /** Flags of its own. */
  flags?: Readonly<Record<string, OwnFlag>>;
  /** How many words it takes. */
  words?: { min: number; max: number };
  run(call: CommandCall): Promise<void>;
}

interface OwnFlag {
  placeholder?: string;
  short?: string;
  help: string;
}

export interface CommandCall extends Configuration {
  flags: Flags;
  words: readonly string[];
}

/** What was typed is wrong: the exit code is 2. */
export class UsageError extends ExpectedError {}

/** How this command was called: `nube`, or its path in a clone. */
export const self: string = /[/\\]nube$/.test(process.argv[1] ?? "")
  ? "nube"
  : relative(".", process.argv[1] ?? "nube");

/** Enough to find a running cloud. */
export const WHERE: readonly SettingName[] = ["data", "ephemeral", "port"];

export const ALL_SETTINGS = Object.keys(SETTINGS) as SettingName[];

export async function runCommand(name: string, command: Command, args: readonly string[]): Promise<void> {
  const options = flagsOf(command);
  const { values, positionals } = parse(args, options, name);
  if (values.help) return void process.stdout.write(helpOf(name, command));
  const { min, max } = command.words ?? { min: 0, max: 0 };
  if (positionals.length < min || positionals.length > max) {
    throw new UsageError(`Usage: nube ${name} ${command.usage ?? ""}\nSee: nube ${name} --help`);
  }
  const flags = values as Flags;
  await command.run({ ...configured(flags), flags, words: positionals });
}

function configured(flags: Flags): Configuration {
  try {
    return configure(flags);
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

type FlagOptions = Record<string, OwnFlag & { type: "string" | "boolean" }>;

function flagsOf({ settings, flags }: Command): FlagOptions {
  const all: Record<string, OwnFlag> = {
    ...Object.fromEntries(settings.map((name) => [name, SETTINGS[name]])),
    ...flags,
    config: { placeholder: "FILE", help: "settings as JSON (nube.json in the data folder)" },
    help: { short: "h", help: "this text" },
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, { placeholder, short, help }]) => [
      name,
      { placeholder, help, ...(short && { short }), type: placeholder === undefined ? "boolean" : "string" },
    ]),
  );
}

function parse(args: readonly string[], options: FlagOptions, name: string) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See: nube ${name} --help`);
  }
}

function helpOf(name: string, command: Command): string {
  const rows = Object.entries(flagsOf(command)).map(([flag, { placeholder, short, help }]) => {
    const left = `${short ? `-${short}, ` : ""}--${flag}${placeholder ? ` ${placeholder}` : ""}`;
    return [left, help] as const;
  });
  const usage = command.usage ? ` ${command.usage}` : "";
  return `nube ${name}${usage}\n\n${command.summary}\n\n${command.help.trim()}\n\nFlags\n${columns(rows)}\n`;
}

/** Two columns, the first as wide as it must be. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}
