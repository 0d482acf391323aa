import { type Running, type StartOptions, startNube } from "#app/cloud.ts";
import { type Config, STANDARD_PORT } from "#app/settings.ts";
import { ALL_SETTINGS, type Command, columns, self } from "./command.ts";

export const start: Command = {
  summary: "Runs a cloud in this terminal until it is stopped.",
  help: `
All data is kept: after another start everything is there again. Ctrl-C or \`nube stop\` ends it, after the calls in
flight have finished.

Examples
  nube start                                  on http://localhost:4566, for this machine only
  nube start --ephemeral --port 4600          a second cloud, in memory, for a test run
  nube start --data ./cloud                   keep everything in a folder of this project
  nube start --host 0.0.0.0                   for other machines; signatures are verified
  nube start --store postgres://nube@db/nube  keep records in PostgreSQL

Each flag can also be given as a variable, such as NUBE_PORT for --port, or as a key in nube.json in the data folder.`,
  settings: ALL_SETTINGS,
  async run({ config }) {
    outliveReaders();
    const starting = startNube(config, { terminal: terminalOf(config) });
    endOnSignal(starting);
    const running = await starting;
    endOnBug(running);
    process.stdout.write(welcome(running, config));
    await running.stopped;
    process.exit(0);
  },
};

/** Ignores output errors: the output's reader may exit, or its disk may be full. The log has its own file. */
function outliveReaders(): void {
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
}

/** Under npm, one Ctrl-C arrives twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 1_000;
const MAX_STOP_MS = 5_000;

function endOnSignal(starting: Promise<Running>): void {
  let isEnding = false;
  let isSecond = false;
  const end = () => {
    if (isSecond) process.exit(1);
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => {
      isSecond = true;
    }, SAME_SIGNAL_MS).unref();
    // Acknowledged data is durable, however the process ends.
    setTimeout(() => process.exit(0), MAX_STOP_MS).unref();
    starting.then(
      ({ stop }) => stop(),
      () => {},
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
}

/** Ends the process, since its state may be inconsistent. The store is safe against a sudden end. */
function endOnBug({ log }: Running): void {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error: unknown) => {
      log.error("a bug ends this process", { error });
      process.exit(1);
    });
  }
}

/**
 * A terminal shows warnings and errors only; anything that collects output gets every line, like the file.
 */
function terminalOf({ log: level }: Config): StartOptions["terminal"] {
  const write = (line: string) => void process.stderr.write(line);
  return { level: process.stderr.isTTY && level === "info" ? "warn" : level, write };
}

function welcome({ endpoint, folder, port }: Running, { ephemeral, store, auth, data }: Config): string {
  const storage = ephemeral ? "in memory, lost at the end" : store ? `${data}, records in PostgreSQL` : data;
  const access = {
    loopback: "any access key works; keys that this cloud issued are verified (--auth strict verifies all)",
    strict: "every signature is verified; the root key is test / test",
  };
  const where = port === STANDARD_PORT ? "" : ` --port ${port}`;
  return `
Nube is running.

${columns([
  ["endpoint", `${endpoint}  (https on the same port)`],
  ["data", storage],
  ["access", access[auth]],
  ["log", folder.log],
])}

Use it:
  eval "$(${self} env${where})" && aws s3 mb s3://photos
  aws --endpoint-url ${endpoint} sts get-caller-identity

Ctrl-C stops it. See also: ${self} status, ${self} doctor (checks this machine), ${self} --help.

`;
}
