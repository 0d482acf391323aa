import type { Violation } from "#aws/contract/constraints.ts";
import { loadContract } from "#aws/contract/contract.ts";
import type { Contract } from "#aws/contract/shapes.ts";
import type { ServiceTypes } from "#aws/contract/types/index.ts";
import { AwsError, type AwsErrorOptions } from "#aws/errors.ts";
import type { MaybeRaw } from "#aws/protocols/json/raw.ts";
import { type AccessFact, type Denial, deniedIn } from "./calls/authorize.ts";
import type { CrossOrigin, Endpoint } from "./calls/endpoint.ts";
import type { Observe } from "./calls/exchange.ts";
import type { Context, RequestFacts } from "./context.ts";
import type { Ports } from "./ports.ts";
import type { Place, Scope } from "./records/collection.ts";
import type { Job } from "./work/jobs.ts";

export type ServiceId = keyof ServiceTypes & string;
export type OperationId<S extends ServiceId> = keyof ServiceTypes[S] & string;
export type Input<S extends ServiceId, O extends OperationId<S>> = Member<ServiceTypes[S][O], "input">;
export type Output<S extends ServiceId, O extends OperationId<S>> = Member<ServiceTypes[S][O], "output">;
type Member<T, K extends string> = T extends { [P in K]: infer V } ? V : never;

/**
 * Handlers of some of a service's operations. A misspelt operation, member or fault does not compile. Members
 * of the output may be serialized already (`MaybeRaw`) in the AWS JSON protocols.
 */
export type Handlers<S extends ServiceId> = {
  [O in OperationId<S>]?: (ctx: Context, input: Input<S, O>) => Promise<MaybeRaw<Output<S, O>>>;
};

/**
 * The access facts that a call is authorized by before it is handled. May read records, for example to find a
 * resource's owner.
 */
export type Access<S extends ServiceId> = {
  [O in OperationId<S>]?: (ctx: Context, input: Input<S, O>) => AccessFact[] | Promise<AccessFact[]>;
};

export interface ServiceDefinition<S extends ServiceId> {
  id: S;
  /** The scope of the records that this service's transactions access; `region` by default. */
  scope?: Scope;
  /**
   * The service that owns the records, where two ids belong to one product: `s3control` uses those of `s3`.
   */
  store?: ServiceId;
  /**
   * The account and Region in which a call is handled, if not its caller's: a queue's URL names the queue's
   * account.
   */
  place?: (call: PlacedCall) => Place;
  /** Grouped by resource. Defining an operation twice throws at startup. */
  operations: Handlers<S>[];
  access: Access<S>;
  /**
   * Checks an input for rules that the contract cannot express. Returns the violations that AWS reports in
   * one sentence with the contract's own, and throws errors that AWS reports before those.
   */
  judge?: (operation: string, input: object) => Violation[];
  /** The service's own error for a denied call, if its code or message differs from the default. */
  denied?: (denial: Denial) => AwsError;
  jobs?: Job<never>[];
  /** HTTP interfaces that no operation describes. */
  endpoints?: Endpoint[];
  /** The customers' rules for cross-origin requests. */
  crossOrigin?: CrossOrigin;
  /** Called with every request from the wire to this service, and its response. */
  observe?: Observe;
  /** Operations on data, which CloudTrail does not record by default. */
  dataOperations?: OperationId<S>[];
  /** Fills the kernel's ports that this service is responsible for. */
  open?: (ports: Ports) => void;
}

export interface Service {
  readonly id: string;
  readonly scope: Scope;
  readonly store: string;
  readonly place: (call: PlacedCall) => Place;
  readonly contract: Contract;
  readonly operations: ReadonlyMap<string, Handler>;
  readonly access: ReadonlyMap<string, (ctx: Context, input: object) => AccessFact[] | Promise<AccessFact[]>>;
  readonly judge?: ((operation: string, input: object) => Violation[]) | undefined;
  readonly denied: (denial: Denial) => AwsError;
  readonly jobs: ReadonlyMap<string, Job<never>>;
  readonly endpoints: readonly Endpoint[];
  readonly crossOrigin?: CrossOrigin | undefined;
  readonly observe?: Observe | undefined;
  readonly dataOperations: ReadonlySet<string>;
  readonly open: (ports: Ports) => void;
}

/** The properties of a call that determine the account and Region in which it is handled. */
export interface PlacedCall {
  operation: { name: string };
  input: object;
  place: Place;
  request?: RequestFacts | undefined;
}

export type Handler = (ctx: Context, input: object) => Promise<object>;

export function defineService<S extends ServiceId>(definition: ServiceDefinition<S>): Service {
  const { id } = definition;
  const operations = new Map<string, Handler>();
  for (const handlers of definition.operations) {
    for (const [name, handler] of Object.entries(handlers)) {
      if (operations.has(name)) throw new Error(`${id} defines ${name} twice`);
      operations.set(name, handler as Handler);
    }
  }
  const contract = loadContract(id);
  return {
    id,
    scope: definition.scope ?? "region",
    store: definition.store ?? id,
    place: definition.place ?? ((call) => call.place),
    contract,
    operations,
    access: new Map(Object.entries(definition.access)) as unknown as Service["access"],
    judge: definition.judge,
    denied: definition.denied ?? deniedIn(contract.protocols[0]),
    jobs: new Map((definition.jobs ?? []).map((job) => [job.name, job])),
    endpoints: definition.endpoints ?? [],
    crossOrigin: definition.crossOrigin,
    observe: definition.observe,
    dataOperations: new Set(definition.dataOperations),
    open: definition.open ?? (() => {}),
  };
}

type Modelled<S extends ServiceId> = ServiceTypes[S][keyof ServiceTypes[S]] extends infer T
  ? T extends { errors: infer E }
    ? E & string
    : never
  : never;

/**
 * Returns a constructor of the service's modelled errors, with typed codes. For errors outside of the model,
 * use `AwsError`.
 */
export function faultsOf<S extends ServiceId>() {
  return (code: Modelled<S>, message: string, options?: AwsErrorOptions) =>
    new AwsError(code, message, options);
}
