import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import type { Blobs } from "./blobs.ts";
import type { AccessFact } from "./calls/authorize.ts";
import type { Clients } from "./calls/clients.ts";
import type { Principal } from "./calls/principal.ts";
import type { Wait } from "./calls/waits.ts";
import type { Letters } from "./delivery/letters.ts";
import type { Ports } from "./ports.ts";
import type { Place } from "./records/collection.ts";
import type { ReadTransaction, Transaction } from "./records/transaction.ts";
import type { Notary } from "./secrets/notary.ts";
import type { Sealer } from "./secrets/seal.ts";

/** Everything that a handler can use: the only access to anything outside the handler. */
export interface Context extends Place {
  /** AWS's partition, the first part of every ARN. */
  readonly partition: "aws";
  readonly principal: Principal;
  readonly requestId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ports: Ports;
  /** Whether the service enforces AWS's throughput limits. */
  readonly isLimited: boolean;
  /** Whether the service's metrics are collected. */
  readonly isMeasured: boolean;
  /** The HTTP request of the call; absent for calls between services. */
  readonly request: RequestFacts | undefined;
  /** The service's blobs, in the same partition as its records. */
  readonly blobs: Blobs;
  /** Clients that act as the caller of this call. */
  readonly aws: Clients;
  readonly seal: Sealer;
  /** Outgoing messages: mail, text messages, push notifications. */
  readonly letters: Letters;
  /** Signs outgoing messages; its key is loaded at the first use. */
  notary(): Promise<Notary>;

  /** Reads the service's records. Reads run concurrently. */
  read<R>(body: (tx: ReadTransaction) => MaybePromise<R>): Promise<R>;
  /** As `read`, but synchronous where nothing has to be waited for: for data that every call reads. */
  look<R>(body: (tx: ReadTransaction) => MaybePromise<R>): MaybePromise<R>;
  /**
   * Changes the service's records; no other transaction of the partition runs meanwhile. The result is
   * applied but may not be durable yet: the response is sent once everything that this context has seen is
   * durable.
   */
  transact<R>(body: (tx: Transaction) => MaybePromise<R>): Promise<R>;
  /**
   * Resolves once everything so far is durable. For side effects other than the response, such as renaming a
   * file.
   */
  durable(): Promise<void>;

  /**
   * The same service and account in another Region, whose records are another partition: a transaction there
   * and one here run one after the other, never as one. The response waits until the data seen there is
   * durable as well.
   */
  elsewhere(region: string): Context;

  /** Opens the wait of a long poll, of at most `milliseconds`. */
  wait(milliseconds: number): Wait;
  /**
   * Calls `then` once the cloud's clock reaches `due`; the returned function cancels it. Does not survive a
   * restart.
   */
  at(due: number, then: () => void): () => void;

  /**
   * Waits for something outside the cloud, such as an HTTP endpoint; meanwhile another job may use this job's
   * slot.
   */
  outside<R>(wait: () => Promise<R>): Promise<R>;

  /** Authorizes one entry of a batch. @throws {AwsError} AccessDenied */
  authorize(facts: readonly AccessFact[]): void;
  /**
   * Clients that act as another principal, by default in the same account and Region: a service by its name,
   * on behalf of the resource `source`. The resource's account is taken from the ARN. A bucket's ARN has
   * none, so a bucket counts as owned by this context's account unless `source` names the account.
   */
  as(caller: string | Principal, source?: string | Source, place?: Place): { aws: Clients };
  /** Adds to a usage counter of the account, in addition to the count of calls: bytes, hours. */
  usage(kind: string, amount: number): void;
}

/**
 * The resource on whose behalf a service calls, and the account of that resource: `aws:SourceArn` and
 * `aws:SourceAccount`.
 */
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
  /** The decoded path as received, before the bucket of a virtual host is put in front. */
  path: string;
  /** The raw query string, without the question mark. */
  query?: string;
  headers: Readonly<Record<string, string>>;
  /** The body, if it was read completely before the call. */
  content?: Uint8Array;
  /** A signal that is aborted when the client disconnects before the response. */
  leaving?: () => AbortSignal;
}
