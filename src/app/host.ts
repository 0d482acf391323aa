import { execFile } from "node:child_process";
import { access, constants, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { findRunning } from "./client.ts";
import type { Config } from "./settings.ts";

/** The result of one check. `missing` is a recommendation; `bad` prevents a start. */
export interface Finding {
  subject: string;
  state: "good" | "missing" | "bad";
  detail: string;
  remedy?: string;
}

const GIB = 1024 ** 3;
const MIN_FREE_BYTES = GIB;

/** Checks whether this machine can run a cloud with these settings. */
export function inspectHost(config: Config): Promise<Finding[]> {
  return Promise.all([runtime(), dataFolder(config), port(config), awsCli()]);
}

function runtime(): Finding {
  return {
    subject: "Node",
    state: "good",
    detail: `${process.version} on ${process.platform}-${process.arch}`,
  };
}

async function dataFolder({ data, ephemeral }: Config): Promise<Finding> {
  const subject = "data folder";
  if (ephemeral) return { subject, state: "good", detail: "none, everything is in memory" };
  const existing = await nearestExisting(data);
  const isWritable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) {
    return { subject, state: "bad", detail: `${existing} is not writable`, remedy: "Choose another: --data" };
  }
  const { bavail, bsize } = await statfs(existing);
  const detail = `${data}, ${((bavail * bsize) / GIB).toFixed(1)} GiB free`;
  if (bavail * bsize >= MIN_FREE_BYTES) return { subject, state: "good", detail };
  return { subject, state: "bad", detail, remedy: "Writes fail on a full disk: free some space" };
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists ? path : nearestExisting(dirname(path));
}

async function port(config: Config): Promise<Finding> {
  const subject = "port";
  const running = await findRunning(config).catch(() => undefined);
  if (running) return { subject, state: "good", detail: `${config.port}, Nube is running` };
  const code = await tryPort(config);
  if (code === undefined)
    return { subject, state: "good", detail: `${config.port} on ${config.host} is free` };
  const detail = `${config.port} on ${config.host} is not available: ${code}`;
  return { subject, state: "bad", detail, remedy: "Choose another: --port" };
}

function tryPort({ host, port }: Config): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

async function awsCli(): Promise<Finding> {
  const subject = "AWS CLI";
  try {
    const { stdout } = await promisify(execFile)("aws", ["--version"]);
    return { subject, state: "good", detail: stdout.split(" ")[0]! };
  } catch {
    const remedy = "Nube needs none; to try it by hand: pip install awscli";
    return { subject, state: "missing", detail: "not on the path", remedy };
  }
}
