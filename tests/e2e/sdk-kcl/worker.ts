import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { sdkProgram } from "../../../tools/sdks.ts";
import { clientEnvironment } from "../harness.ts";

/** What a worker tells: `began shardId-000000000000 TRIM_HORIZON`, `record SHARD NUMBER KEY TEXT`, `ended SHARD`. */
export interface Told {
  worker: string;
  what: string;
  shard: string;
  rest: readonly string[];
}

export interface Worker {
  process: ChildProcess;
  /** Lets it finish what it has, save how far it came, and give its leases back. */
  stop(): Promise<void>;
}

/** Starts a worker of the Kinesis Client Library. What it tells is added to `told`, in the order in which it comes. */
export function startWorker(
  endpoint: string,
  told: Told[],
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
    told.push({ worker: name!, what: what!, shard: shard!, rest });
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
