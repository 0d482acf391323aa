import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import type { AccessFact } from "./authorize.ts";
import type { Blobs } from "./blobs.ts";
import type { Clients } from "./clients.ts";
import type { Place } from "./collection.ts";
import type { Letters } from "./letters.ts";
import type { Notary } from "./notary.ts";
import type { Ports } from "./ports.ts";
import type { Principal } from "./principal.ts";
import type { Sealer } from "./seal.ts";
import type { ReadTransaction, Transaction } from "./transaction.ts";
import type { Wait } from "./waits.ts";

/** All that a handler is given, and the only way to anything outside it. */
export interface Context extends Place {
  /** AWS's partition, the first part of every ARN. */
  readonly partition: "aws";
  readonly principal: Principal;
  readonly requestId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ports: Ports;
  /** Whether the service holds its callers to AWS's limits of throughput. */
  readonly isLimited: boolean;
  /** Whether anybody collects what the service measures. */
  readonly isMeasured: boolean;
  /** The HTTP request that the call came with; absent for calls between services. */
  readonly request: RequestFacts | undefined;
  /** The service's blobs, in the same partition as its records. */
  readonly blobs: Blobs;
  /** Calls as the same caller. */
  readonly aws: Clients;
  readonly seal: Sealer;
  /** Mail and the like. */
  readonly letters: Letters;
  /** Signs what is sent; its key is loaded at the first use. */
  notary(): Promise<Notary>;

  /** Looks at the service's records. Other readers run beside it. */
  read<R>(body: (tx: ReadTransaction) => MaybePromise<R>): Promise<R>;
  /** As `read`, but without a promise where nothing has to be waited for: for what every call looks at. */
  look<R>(body: (tx: ReadTransaction) => MaybePromise<R>): MaybePromise<R>;
  /**
   * Changes the service's records, alone. What it returns has been applied; the answer that carries it leaves only
   * when all that this context saw is on disk.
   */
  transact<R>(body: (tx: Transaction) => MaybePromise<R>): Promise<R>;
  /** For what must not start before all so far is on disk, and is no answer: a file renamed, a process told. */
  durable(): Promise<void>;

  /**
   * The same service and account in another Region, whose records are another partition: what is done there and here is
   * done one after the other, never together. What a call saw there is on disk before it is answered, too.
   */
  elsewhere(region: string): Context;

  /** A long poll's wait, of so many milliseconds at most. */
  wait(milliseconds: number): Wait;
  /** Calls `then` once the cloud's clock reaches `due`; the function that it returns cancels that. Does not survive a restart. */
  at(due: number, then: () => void): () => void;

  /** Waits for somebody outside the cloud, an HTTP endpoint say: meanwhile another job may run in place of this one. */
  outside<R>(wait: () => Promise<R>): Promise<R>;

  /** Judges one entry of a batch. @throws {AwsError} AccessDenied */
  authorize(facts: readonly AccessFact[]): void;
  /**
   * Calls as another principal, in the same place unless another is given: a service by its name, on behalf of `source`.
   * An ARN holds the account of a resource, but not that of a bucket: a bucket counts as this context's unless `source`
   * names its account.
   */
  as(caller: string | Principal, source?: string | Source, place?: Place): { aws: Clients };
  /** Counts something besides the call itself: bytes, hours. */
  usage(kind: string, amount: number): void;
}

/** The resource on whose behalf a service calls, and its account: `aws:SourceArn` and `aws:SourceAccount`. */
export interface Source {
  arn: string;
  account: string;
}

export interface RequestFacts {
  method: string;
  host: string;
  secure: boolean;
  sourceIp: string;
  userAgent: string;
  /** Decoded path as it came, before host-style rewriting. */
  path: string;
  /** As it came, without the question mark. */
  query?: string;
  headers: Readonly<Record<string, string>>;
  /** The body, where it was read whole before the call. */
  content?: Uint8Array;
  /** Aborted when the client goes away before it is answered. */
  leaving?: () => AbortSignal;
}
