import { ExpectedError } from "#app/expected-error.ts";
import { type Command, columns, runCommand, self, UsageError } from "./command.ts";

const COMMANDS: Record<string, () => Promise<Command>> = {
  start: () => import("./start.ts").then((m) => m.start),
  stop: () => import("./stop.ts").then((m) => m.stop),
  status: () => import("./status.ts").then((m) => m.status),
  doctor: () => import("./doctor.ts").then((m) => m.doctor),
  config: () => import("./config.ts").then((m) => m.config),
  env: () => import("./env.ts").then((m) => m.env),
  reset: () => import("./reset.ts").then((m) => m.reset),
  clock: () => import("./clock.ts").then((m) => m.clock),
  logs: () => import("./logs.ts").then((m) => m.logs),
};

/** @param args the arguments after `nube`; without any, the help is printed */
export async function main([name = "help", ...args]: readonly string[]): Promise<void> {
  try {
    if (name === "help" || name === "--help" || name === "-h") return await printHelp(args[0]);
    if (name === "--version" || name === "version") return await printVersion();
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) throw new UsageError(`There is no command ${name}. See: nube --help`);
    await runCommand(name, await load(), args);
  } catch (error) {
    fail(error as Error);
  }
}

async function printHelp(name: string | undefined): Promise<void> {
  if (name !== undefined) return main([name, "--help"]);
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(async ([command, load]) => [command, (await load()).summary] as const),
  );
  process.stdout.write(`Nube: a cloud that you can run.

${columns(rows)}

${columns([
  [`${self} start`, "starts the cloud"],
  [`eval "$(${self} env)"`, "points the AWS CLI and the SDKs of this shell at it"],
  ["aws s3 mb s3://photos", "uses the cloud"],
])}

${self} COMMAND --help shows more. https://localhost is served on the same port as http://localhost.
`);
}

async function printVersion(): Promise<void> {
  const { version } = await import("#app/version.ts");
  console.log(version);
}

/** Sets exit code 2 for wrong usage, otherwise 1. A stack is printed only for an unexpected error. */
function fail(error: Error): void {
  console.error(error instanceof ExpectedError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
