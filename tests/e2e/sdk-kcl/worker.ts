import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { sdkProgram } from "../../../tools/sdks.ts";
import { clientEnvironment } from "../harness.ts";

/**
 * A line of a worker's output: `began shardId-000000000000 TRIM_HORIZON`, `record SHARD NUMBER KEY TEXT`,
 * `ended SHARD`.
 */
export interface OutputLine {
  worker: string;
  what: string;
  shard: string;
  rest: readonly string[];
}

export interface Worker {
  process: ChildProcess;
  /**
   * Shuts the worker down gracefully: it finishes its records, stores checkpoints and releases its leases.
   */
  stop(): Promise<void>;
}

/** Starts a worker of the Kinesis Client Library. Its output is appended to `output`. */
export function startWorker(
  endpoint: string,
  output: OutputLine[],
  [retrieval, application, stream, name]: readonly [retrieval: string, ...string[]],
): Worker {
  const built = sdkProgram("kcl");
  if (typeof built === "string") throw new Error(built);
  const [program, ...before] = built.run;
  const child = spawn(program, [...before, retrieval, application!, stream!, name!], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...clientEnvironment(endpoint), ...built.env },
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [what, shard, ...rest] = line.split(" ");
    output.push({ worker: name!, what: what!, shard: shard!, rest });
  });
  const ended = once(child, "close");
  return {
    process: child,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
