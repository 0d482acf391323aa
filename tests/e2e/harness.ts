import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished, vi } from "vitest";
import { ensureAwsCli } from "../../tools/setup.ts";

const root = join(import.meta.dirname, "../..");

// The AWS CLI takes a second to start, and a busy machine several.
vi.setConfig({ testTimeout: 120_000 });

/** A server that was started by the command, on a free port. */
export interface Server {
  endpoint: string;
  port: number;
  process: ChildProcess;
  /** Sends a signal and resolves with the exit code, or the signal that ended the process. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Creates a folder that is deleted at the end of the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nube-e2e-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the built server, and stops it at the end of the test. */
export async function startServer(...flags: string[]): Promise<Server> {
  return launch(flags, onTestFinished);
}

/**
 * Starts the built server on a free port, unless the flags name one.
 * @param atEnd registers the function that stops the server, even if the start fails
 * @param preload a module that the process loads first, with environment variables for it
 */
export async function launch(
  flags: readonly string[],
  atEnd: (end: () => Promise<void>) => void,
  preload?: { module: string; env: Record<string, string> },
): Promise<Server> {
  const node = preload ? ["--import", preload.module] : [];
  const program = [...node, join(root, "bin/nube.js"), "start", "--port", "0", ...flags];
  const child = spawn(process.execPath, program, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...cleanEnvironment(), ...preload?.env },
  });
  const ended = once(child, "exit").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  // Stopped by SIGTERM, so that a cloud in memory deletes its folder.
  atEnd(async () => {
    await end("SIGTERM");
  });
  const endpoint = await endpointOf(child);
  return { endpoint, port: Number(new URL(endpoint).port), process: child, end };
}

/** Waits for the log line that reports the endpoint. */
async function endpointOf(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    lines.push(line);
    if (!line.startsWith("{")) continue;
    const { message, endpoint } = JSON.parse(line);
    if (message !== "started") continue;
    child.stderr!.resume();
    return endpoint;
  }
  throw new Error(`The server did not start:\n${lines.join("\n")}`);
}

/** Runs the command: `nube("status", "--data", folder)`. */
export function nube(...args: string[]): Promise<Finished> {
  return finish(spawn(process.execPath, [join(root, "bin/nube.js"), ...args], { env: cleanEnvironment() }));
}

/** The AWS CLI in the environment that `eval "$(nube env)"` sets. */
export function awsCli(
  { endpoint }: Pick<Server, "endpoint">,
  cwd = tmpdir(),
  own: Record<string, string> = {},
) {
  const { program, args: before, env } = ensureAwsCli();
  const variables = { ...clientEnvironment(endpoint), ...env, ...own };
  return (...args: string[]) => finish(spawn(program, [...before, ...args], { cwd, env: variables }));
}

/** The environment that `eval "$(nube env)"` sets, without any AWS configuration of the machine. */
export function clientEnvironment(endpoint: string): Record<string, string | undefined> {
  return {
    ...cleanEnvironment(),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
}

/** The environment without this machine's settings for Nube and AWS. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|NUBE)_/.test(name)));
}

async function finish(child: ChildProcess): Promise<Finished> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  const [code] = await once(child, "close");
  return { code, ...texts };
}
