import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import { type AccessFact, authorize as judge } from "./authorize.ts";
import type { CallContext } from "./call-context.ts";
import type { Place } from "./collection.ts";
import type { RequestFacts } from "./context.ts";
import { StoreUnavailableError } from "./partition.ts";
import type { Ports } from "./ports.ts";
import type { Principal } from "./principal.ts";
import type { Cloud } from "./runtime.ts";
import type { Service } from "./service.ts";
import type { Trail } from "./trail.ts";
import { recordOf } from "./trail-record.ts";
import { validate as check } from "./validate.ts";

/** A call, from the wire or from another service. */
export interface Call {
  service: Service;
  operation: Operation;
  input: object;
  principal: Principal;
  place: Place;
  requestId: string;
  request?: RequestFacts | undefined;
  calledVia?: readonly string[] | undefined;
}

interface Visit {
  cloud: Cloud;
  call: Call;
  ctx: CallContext;
  /** That of the era in which the call began: a reset meanwhile has another. */
  trail: Trail;
  /** Whether IAM had anything to judge. */
  isJudged: boolean;
  output: object | undefined;
  error: AwsError | undefined;
}

type AccessOf = NonNullable<ReturnType<Service["access"]["get"]>>;

/** The hall: what every call passes, in this order, before it is handled. */
const STATIONS: ((visit: Visit) => Promise<void> | void)[] = [fault, validate, authorize, meter];

/** @throws {AwsError} and nothing else */
export async function invoke(cloud: Cloud, requested: Call): Promise<object> {
  const place = requested.service.place(requested);
  const call = place === requested.place ? requested : { ...requested, place };
  const handler = call.service.operations.get(call.operation.name);
  if (!handler) throw notImplemented(`${call.service.id}:${call.operation.name}`);
  const ctx = cloud.context(call);
  const { trail } = cloud;
  const visit: Visit = { cloud, call, ctx, trail, isJudged: false, output: undefined, error: undefined };
  try {
    for (const station of STATIONS) {
      const waiting = station(visit);
      if (waiting) await waiting;
    }
    visit.output = await handler(ctx, call.input);
  } catch (error) {
    visit.error = awsError(cloud, call, error);
  }
  try {
    const isTrailed = record(visit);
    if (isTrailed && ctx.wrote) await trail.flush();
    if (ctx.awaitsDisk) await ctx.durable();
  } catch (error) {
    throw awsError(cloud, call, error);
  }
  if (visit.error) throw visit.error;
  return visit.output!;
}

function fault({ cloud, call }: Visit) {
  return cloud.faults.strike({ service: call.service.id, operation: call.operation.name, ...call.place });
}

function validate({ call }: Visit) {
  check(call.operation, call.input, call.service.judge?.(call.operation.name, call.input));
}

function authorize(visit: Visit) {
  const { cloud, call, ctx } = visit;
  const access = call.service.access.get(call.operation.name);
  if (!access)
    throw new AwsError("AccessDenied", `${call.operation.name} says nothing of what it needs`, {
      status: 403,
    });
  const { policies } = cloud.ports;
  if (policies) return authorizeBy(policies, visit, access);
  const facts = access(ctx, call.input);
  return facts instanceof Promise ? facts.then((later) => judged(visit, later)) : judged(visit, facts);
}

function judged(visit: Visit, facts: readonly AccessFact[]): void {
  visit.isJudged = facts.length > 0;
  judge(visit.ctx, facts);
}

/** A handler may judge entries of a batch in the midst of a transaction, so that the policies must be there before. */
async function authorizeBy({ of }: NonNullable<Ports["policies"]>, visit: Visit, access: AccessOf) {
  const { call, ctx } = visit;
  const { type } = call.principal;
  if (type !== "service" && type !== "anonymous") ctx.callerPolicies = await of(call.principal);
  judged(visit, await access(ctx, call.input));
}

/**
 * Before the call is handled, so that its count travels in its own commit. A call that needs no permission may name any
 * account, whether it exists or not, and makes no rows there.
 */
function meter({ call, ctx, isJudged }: Visit) {
  if (isJudged || call.principal.account === call.place.account) ctx.usage(call.operation.name, 1);
}

/** Whether the call leaves a record: one on data does not, and waits for nobody else's. */
function record({ cloud, call, trail, output, error }: Visit): boolean {
  if (call.service.dataOperations.has(call.operation.name)) return false;
  trail.record(recordOf(call, output, error, cloud.clock.now(), cloud.random.uuid()));
  return true;
}

/** Whatever else a handler throws is a bug: it is logged, and the client learns nothing of it. */
function awsError(cloud: Cloud, call: Call, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof StoreUnavailableError) {
    cloud.log.error("the store refused", { error, requestId: call.requestId });
    return new AwsError("ServiceUnavailable", "Service is unable to handle request.", { status: 503 });
  }
  cloud.log.error("a handler failed", {
    error,
    requestId: call.requestId,
    service: call.service.id,
    operation: call.operation.name,
    ...call.place,
  });
  return new AwsError("InternalFailure", "The request processing has failed because of an unknown error.", {
    status: 500,
  });
}
