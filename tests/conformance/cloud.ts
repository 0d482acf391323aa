import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test, vi } from "vitest";
import { type Running, startNube } from "#app/cloud.ts";
import type { FaultRule } from "#kernel/faults.ts";
import type { PostedLetter } from "#kernel/letters.ts";
import type { Ports } from "#kernel/ports.ts";
import { type Postgres, startPostgres } from "../../tools/postgres.ts";

/** `NUBE_CONFORMANCE_STORE=postgres` holds all cases against a cloud that keeps its records in PostgreSQL. */
const IN_POSTGRES = process.env.NUBE_CONFORMANCE_STORE === "postgres";

/**
 * One cloud in memory for all cases of a file, behind a real port, signatures verified. Its clock is the file's own to
 * move; accounts are `test` and any number of 12 digits with the secret `test`.
 */
export interface ConformanceCloud {
  readonly endpoint: string;
  /** What a client of any AWS SDK for JavaScript is made of. */
  client(options?: { account?: string; region?: string }): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** What the kernel asks of services: a file that needs an identity before IAM can make one puts it here. */
  readonly ports: Ports;
  /** Calls that fail from then on, in place of those before. */
  fail(...rules: FaultRule[]): void;
  /** What left for people and their devices, newest first. */
  letters(): Promise<PostedLetter[]>;
  /** From then on only `advance` moves the clock. */
  freeze(): Promise<void>;
  /** Resolves as soon as so many long polls wait for something to come. */
  waiting(polls: number): Promise<void>;
  /** Milliseconds; all that is due in that span has run when it resolves. */
  advance(milliseconds: number): Promise<void>;
}

/** @param limits services that hold their callers to limits of throughput */
export function conformanceCloud({ limits = [] }: { limits?: readonly string[] } = {}): ConformanceCloud {
  let running: Running;
  let folder: string;
  let postgres: Postgres | undefined;
  vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });
  beforeAll(async () => {
    postgres = IN_POSTGRES ? await startPostgres() : undefined;
    folder = await mkdtemp(join(tmpdir(), "nube-conformance-"));
    running = await startNube({
      port: 0,
      host: "127.0.0.1",
      data: folder,
      ephemeral: !postgres,
      store: postgres?.url,
      auth: "strict",
      region: "us-east-1",
      account: "000000000000",
      hosts: [],
      limits,
      log: "error",
    });
  });
  afterAll(async () => {
    await running?.stop({ graceMs: 0 });
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get endpoint() {
      return running.endpoint;
    },
    client: ({ account = "test", region = "us-east-1" } = {}) => ({
      endpoint: running.endpoint,
      region,
      credentials: { accessKeyId: account, secretAccessKey: "test" },
      maxAttempts: 1,
    }),
    waiting: (polls) => running.cloud.waits.reached(polls),
    fail: (...rules) => running.cloud.faults.set(rules),
    letters: () => running.cloud.letters.list(100),
    get ports() {
      return running.cloud.ports;
    },
    freeze: () => running.cloud.time.freeze(),
    advance: (milliseconds) => running.cloud.time.advance(milliseconds),
  };
}

/** A page of AWS's documentation: `doc("AmazonS3/latest/API/API_PutObject.html")`. */
export const doc = (page: string): string => `https://docs.aws.amazon.com/${page}`;

/**
 * One documented behaviour.
 * @param source where AWS says so: a page of its documentation, with the section where it is long
 */
export function behaviour(what: string, source: string, check: () => Promise<void>): void {
  test(`${what} (${source})`, check);
}
