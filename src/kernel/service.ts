import type { Violation } from "#aws/contract/constraints.ts";
import { loadContract } from "#aws/contract/contract.ts";
import type { Contract } from "#aws/contract/shapes.ts";
import type { ServiceTypes } from "#aws/contract/types/index.ts";
import { AwsError, type AwsErrorOptions } from "#aws/errors.ts";
import type { MaybeRaw } from "#aws/protocols/raw-json.ts";
import { type AccessFact, type Denial, deniedIn } from "./authorize.ts";
import type { Place, Scope } from "./collection.ts";
import type { Context, RequestFacts } from "./context.ts";
import type { CrossOrigin, Endpoint } from "./endpoint.ts";
import type { Observe } from "./exchange.ts";
import type { Job } from "./jobs.ts";
import type { Ports } from "./ports.ts";

export type ServiceId = keyof ServiceTypes & string;
export type OperationId<S extends ServiceId> = keyof ServiceTypes[S] & string;
export type Input<S extends ServiceId, O extends OperationId<S>> = Member<ServiceTypes[S][O], "input">;
export type Output<S extends ServiceId, O extends OperationId<S>> = Member<ServiceTypes[S][O], "output">;
type Member<T, K extends string> = T extends { [P in K]: infer V } ? V : never;

/**
 * Handlers of some of a service's operations: a misspelt operation, member or fault does not compile. Members of their
 * answers may be serialized already (`MaybeRaw`), where the protocol is AWS JSON.
 */
export type Handlers<S extends ServiceId> = {
  [O in OperationId<S>]?: (ctx: Context, input: Input<S, O>) => Promise<MaybeRaw<Output<S, O>>>;
};

/** What IAM judges of a call before it is handled. May read, to find out whose a resource is. */
export type Access<S extends ServiceId> = {
  [O in OperationId<S>]?: (ctx: Context, input: Input<S, O>) => AccessFact[] | Promise<AccessFact[]>;
};

export interface ServiceDefinition<S extends ServiceId> {
  id: S;
  /** Whose records a transaction of this service holds; `region` unless said. */
  scope?: Scope;
  /** The service whose records it works on, where two ids are one product: `s3control` on those of `s3`. */
  store?: ServiceId;
  /** Where a call is handled, if not in its caller's account and Region: a queue's address names whose it is. */
  place?: (call: PlacedCall) => Place;
  /** By resource. An operation that stands in two of them stops the start. */
  operations: Handlers<S>[];
  access: Access<S>;
  /**
   * Judges what the contract does not say of an input. It returns what AWS tells in one sentence with the contract's own
   * violations, and throws what AWS tells before them.
   */
  judge?: (operation: string, input: object) => Violation[];
  /** The service's own error for a call that is not allowed, where it has its own code or sentence. */
  denied?: (denial: Denial) => AwsError;
  jobs?: Job<never>[];
  /** HTTP that no operation describes. */
  endpoints?: Endpoint[];
  /** Rules for pages of other sites. */
  crossOrigin?: CrossOrigin;
  /** Called with every request from the wire to this service, and its answer. */
  observe?: Observe;
  /** Operations on data, which CloudTrail leaves out unless told to keep them. */
  dataOperations?: OperationId<S>[];
  /** Fills what the kernel asks of this service. */
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

/** What decides in which account and Region a call is handled. */
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

/** Makes a service's modelled errors; their codes are a type. What AWS does not model is an `AwsError` of its own. */
export function faultsOf<S extends ServiceId>() {
  return (code: Modelled<S>, message: string, options?: AwsErrorOptions) =>
    new AwsError(code, message, options);
}
