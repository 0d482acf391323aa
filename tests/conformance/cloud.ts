import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test, vi } from "vitest";
import { type Running, startNube } from "#app/cloud.ts";
import type { FaultRule } from "#kernel/calls/faults.ts";
import type { PostedLetter } from "#kernel/delivery/letters.ts";
import type { Ports } from "#kernel/ports.ts";
import { type Postgres, startPostgres } from "../../tools/postgres.ts";

/** `NUBE_CONFORMANCE_STORE=postgres` runs the tests against a cloud that stores its records in PostgreSQL. */
const IN_POSTGRES = process.env.NUBE_CONFORMANCE_STORE === "postgres";

/**
 * A cloud in memory that the tests of one file share, behind a real port and with signatures verified. Each file
 * moves its clock independently. The accounts are `test` and any 12-digit number, with the secret `test`.
 */
export interface ConformanceCloud {
  readonly endpoint: string;
  /** The options for a client of the AWS SDK for JavaScript. */
  client(options?: { account?: string; region?: string }): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** The kernel's ports to services. A file that needs an identity before IAM can create one sets it here. */
  readonly ports: Ports;
  /** Sets the calls that fail from now on, replacing those set before. */
  fail(...rules: FaultRule[]): void;
  /** The messages sent to people and devices, newest first. */
  letters(): Promise<PostedLetter[]>;
  /** Stops the clock; from now on only `advance` moves it. */
  freeze(): Promise<void>;
  /** Resolves as soon as the given number of long polls are waiting. */
  waiting(polls: number): Promise<void>;
  /** Advances the clock by milliseconds and resolves when all jobs due by then have run. */
  advance(milliseconds: number): Promise<void>;
}

/** @param limits services that enforce their throughput limits */
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
 * Declares a test of one documented behaviour.
 * @param source where AWS documents it: a page, with the section if the page is long
 */
export function behaviour(what: string, source: string, check: () => Promise<void>): void {
  test(`${what} (${source})`, check);
}
