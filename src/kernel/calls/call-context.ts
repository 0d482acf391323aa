import type { AwsError } from "#aws/errors.ts";
import type { CallerPolicies } from "#aws/languages/policy/evaluate.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import { type Blobs, openBlobs } from "../blobs.ts";
import type { Context, RequestFacts, Source } from "../context.ts";
import type { Letter } from "../delivery/letters.ts";
import { isMeasured } from "../ports.ts";
import type { Place } from "../records/collection.ts";
import type { Home } from "../records/home.ts";
import { type Applied, StoreUnavailableError, TransactionError } from "../records/partition.ts";
import type { ReadTransaction, Transaction } from "../records/transaction.ts";
import type { Cloud } from "../runtime.ts";
import type { Slot } from "../work/scheduler.ts";
import { type AccessFact, authorize, type Denial, deniedIn } from "./authorize.ts";
import { type Clients, clients } from "./clients.ts";
import { type Principal, serviceNamed } from "./principal.ts";
import type { Wait } from "./waits.ts";

export interface ContextOptions {
  cloud: Cloud;
  home: Home;
  files: BlobStore;
  principal: Principal;
  place: Place;
  requestId: string;
  request?: RequestFacts | undefined;
  /** The services on the path from the caller to this call, the first one first. */
  calledVia?: readonly string[] | undefined;
  denied?: ((denial: Denial) => AwsError) | undefined;
  /** The slot of the job that this context belongs to. */
  slot?: Slot | undefined;
}

/**
 * A class, since one is created for every call: closures for all members would cost more than the call
 * itself.
 */
export class CallContext implements Context {
  readonly partition = "aws";
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly request: RequestFacts | undefined;
  readonly calledVia: readonly string[] | undefined;
  /** The caller's policies; set before the call is authorized. */
  callerPolicies: CallerPolicies | undefined;
  readonly #options: ContextOptions;
  #pending: Promise<void>[] = [];
  #inTransaction = false;
  #wrote = false;
  #blobs: Blobs | undefined;
  #aws: Clients | undefined;
  #others: CallContext[] = [];

  constructor(options: ContextOptions) {
    this.#options = options;
    this.account = options.place.account;
    this.region = options.place.region;
    this.principal = options.principal;
    this.requestId = options.requestId;
    this.request = options.request;
    this.calledVia = options.calledVia;
  }

  get clock() {
    return this.#options.cloud.clock;
  }
  get random() {
    return this.#options.cloud.random;
  }
  get log() {
    return this.#options.cloud.log;
  }
  get ports() {
    return this.#options.cloud.ports;
  }
  get isLimited() {
    return this.#options.cloud.limited.has(this.#options.home.service);
  }
  get isMeasured() {
    return isMeasured(this.ports.sinks, this.#options.home.service);
  }
  get seal() {
    return this.#options.cloud.seal;
  }
  get letters() {
    return {
      put: async (letter: Letter) => {
        this.#mustBelong();
        return this.#options.cloud.letters.put(letter, this);
      },
    };
  }
  notary() {
    return this.#options.cloud.notary();
  }
  get blobs(): Blobs {
    const { home, files, cloud } = this.#options;
    const { service, scope, process } = home;
    // A transaction of its own: a received body must be droppable even after this context's own writes have
    // failed.
    const write = async <R>(body: (tx: Transaction) => R | Promise<R>) => {
      if (this.#inTransaction) throw overlapping();
      return home.write(body);
    };
    return (this.#blobs ??= openBlobs({ service, scope, process, write }, files, cloud));
  }
  get aws(): Clients {
    return (this.#aws ??= this.#clientsOf(this.principal, this, [
      ...(this.calledVia ?? []),
      `${this.#options.home.service}.amazonaws.com`,
    ]));
  }

  read<R>(body: (tx: ReadTransaction) => MaybePromise<R>): Promise<R> {
    return asPromise(() => this.look(body));
  }

  look<R>(body: (tx: ReadTransaction) => MaybePromise<R>): MaybePromise<R> {
    return this.#apply(() => this.#options.home.applyRead(body));
  }

  transact<R>(body: (tx: Transaction) => MaybePromise<R>): Promise<R> {
    this.#wrote = true;
    return asPromise(() => this.#apply(() => this.#options.home.applyWrite(body)));
  }

  #apply<R>(apply: () => MaybePromise<Applied<R>>): MaybePromise<R> {
    if (this.#inTransaction) throw overlapping();
    this.#inTransaction = true;
    let applied: MaybePromise<Applied<R>>;
    try {
      applied = apply();
    } catch (error) {
      throw this.#failed(error);
    }
    if (!(applied instanceof Promise)) return this.#ended(applied);
    return applied.then(
      (later) => this.#ended(later),
      (error) => {
        throw this.#failed(error);
      },
    );
  }

  /** Whether the call ran a transaction that may have written, here or in another Region. */
  get wrote(): boolean {
    return this.#wrote || this.#others.some((other) => other.wrote);
  }

  /** Whether the call saw data that is not yet known to be durable. */
  get awaitsDisk(): boolean {
    return this.#pending.length > 0 || this.#others.some((other) => other.awaitsDisk);
  }

  /** A failed write stays in the list, so that everything that depends on it fails as well. */
  async durable(): Promise<void> {
    for (let first = this.#pending[0]; first; first = this.#pending[0]) {
      await first;
      if (this.#pending[0] === first) this.#pending.shift();
    }
    for (const other of this.#others) await other.durable();
  }

  elsewhere(region: string): Context {
    if (this.#inTransaction) throw overlapping();
    this.#mustBelong();
    const { cloud, home, denied, requestId } = this.#options;
    const other = cloud.context({
      service: { store: home.service, scope: home.scope, denied },
      principal: this.principal,
      place: { account: this.account, region },
      requestId,
    });
    this.#others.push(other);
    return other;
  }

  wait(milliseconds: number): Wait {
    return this.#options.cloud.waits.open(milliseconds, this.request?.leaving?.());
  }

  at(due: number, then: () => void): () => void {
    return this.#options.cloud.at(due, then);
  }

  outside<R>(wait: () => Promise<R>): Promise<R> {
    const { slot } = this.#options;
    return slot ? slot.leave(wait) : wait();
  }

  authorize(facts: readonly AccessFact[]): void {
    authorize(this, facts);
  }

  /** The service's error for a denied call. */
  denied(denial: Denial): AwsError {
    return (this.#options.denied ?? deniedIn(undefined))(denial);
  }

  as(caller: string | Principal, source?: string | Source, place: Place = this): { aws: Clients } {
    if (typeof caller !== "string") return { aws: this.#clientsOf(caller, place) };
    const arn = typeof source === "object" ? source.arn : source;
    const account = typeof source === "object" ? source.account : arn?.split(":")[4] || this.account;
    return { aws: this.#clientsOf(serviceNamed(caller, arn, arn && account), place) };
  }

  usage(kind: string, amount: number): void {
    this.#options.home.meter.count(this, kind, amount);
  }

  #clientsOf(principal: Principal, { account, region }: Place, calledVia?: readonly string[]): Clients {
    return clients((service, operation, input) => {
      if (this.#inTransaction) throw overlapping();
      this.#mustBelong();
      const place = { account, region };
      return this.#options.cloud.call({ service, operation, input, principal, place, calledVia });
    });
  }

  /** @throws {StoreUnavailableError} after a reset: a call from before it must not reach the new era. */
  #mustBelong(): void {
    if (this.#options.home.closed)
      throw new StoreUnavailableError("the cloud that this call belongs to has ended");
  }

  #ended<R>({ result, durable }: Applied<R>): R {
    this.#inTransaction = false;
    if (durable && durable !== this.#pending.at(-1)) this.#pending.push(durable);
    return result;
  }

  /**
   * Returns what the transaction threw. An error is an answer, too: it must not leave before the data that it
   * depends on is durable.
   */
  #failed(error: unknown): unknown {
    this.#inTransaction = false;
    if (!(error instanceof TransactionError)) return error;
    if (error.durable) this.#pending.push(error.durable);
    return error.cause;
  }
}

function asPromise<R>(start: () => MaybePromise<R>): Promise<R> {
  try {
    return Promise.resolve(start());
  } catch (error) {
    return Promise.reject(error);
  }
}

const overlapping = () => new Error("a transaction may await nothing but its own methods");
