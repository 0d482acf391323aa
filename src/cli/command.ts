import { relative } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, type Configuration, configure, type Flags } from "#app/config.ts";
import { ExpectedError } from "#app/expected-error.ts";
import { SETTINGS, type SettingName } from "#app/settings.ts";

/** A subcommand of `nube`. */
export interface Command {
  summary: string;
  /** The arguments after the name: `advance SPAN | freeze`. */
  usage?: string;
  /** Describes what the command does, with examples. */
  help: string;
  /** The settings that it accepts as flags, in addition to `--config`. */
  settings: readonly SettingName[];
  /** The command's own flags. */
  flags?: Readonly<Record<string, OwnFlag>>;
  /** The number of positional arguments. */
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

/** Wrong usage, with exit code 2. */
export class UsageError extends ExpectedError {}

/** The name that this command was called by: `nube`, or its path in a clone. */
export const self: string = /[/\\]nube$/.test(process.argv[1] ?? "")
  ? "nube"
  : relative(".", process.argv[1] ?? "nube");

/** The settings that are needed to find a running cloud. */
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

/** Formats two columns; the first is as wide as its longest cell. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}
