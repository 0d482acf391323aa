import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import type { RequestFacts } from "../context.ts";
import type { Ports } from "../ports.ts";
import type { Place } from "../records/collection.ts";
import { StoreUnavailableError } from "../records/partition.ts";
import type { Cloud } from "../runtime.ts";
import type { Service } from "../service.ts";
import { recordOf } from "../trail/record.ts";
import type { Trail } from "../trail/trail.ts";
import { type AccessFact, authorize as judge } from "./authorize.ts";
import type { CallContext } from "./call-context.ts";
import type { Principal } from "./principal.ts";
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

interface Invocation {
  cloud: Cloud;
  call: Call;
  ctx: CallContext;
  /** The trail of the era in which the call began: a reset meanwhile opens another. */
  trail: Trail;
  /** Whether the call was subject to authorization. */
  needsPermission: boolean;
  output: object | undefined;
  error: AwsError | undefined;
}

type AccessOf = NonNullable<ReturnType<Service["access"]["get"]>>;

/** The hall: the steps that every call passes, in this order, before it is handled. */
const STEPS: ((invocation: Invocation) => Promise<void> | void)[] = [fault, validate, authorize, meter];

/** @throws {AwsError} and no other error */
export async function invoke(cloud: Cloud, requested: Call): Promise<object> {
  const place = requested.service.place(requested);
  const call = place === requested.place ? requested : { ...requested, place };
  const handler = call.service.operations.get(call.operation.name);
  if (!handler) throw notImplemented(`${call.service.id}:${call.operation.name}`);
  const ctx = cloud.context(call);
  const { trail } = cloud;
  const invocation: Invocation = {
    cloud,
    call,
    ctx,
    trail,
    needsPermission: false,
    output: undefined,
    error: undefined,
  };
  try {
    for (const step of STEPS) {
      const waiting = step(invocation);
      if (waiting) await waiting;
    }
    invocation.output = await handler(ctx, call.input);
  } catch (error) {
    invocation.error = awsError(cloud, call, error);
  }
  try {
    const isTrailed = record(invocation);
    if (isTrailed && ctx.wrote) await trail.flush();
    if (ctx.awaitsDisk) await ctx.durable();
  } catch (error) {
    throw awsError(cloud, call, error);
  }
  if (invocation.error) throw invocation.error;
  return invocation.output!;
}

function fault({ cloud, call }: Invocation) {
  return cloud.faults.strike({ service: call.service.id, operation: call.operation.name, ...call.place });
}

function validate({ call }: Invocation) {
  check(call.operation, call.input, call.service.judge?.(call.operation.name, call.input));
}

function authorize(invocation: Invocation) {
  const { cloud, call, ctx } = invocation;
  const access = call.service.access.get(call.operation.name);
  if (!access)
    throw new AwsError("AccessDenied", `${call.operation.name} says nothing of what it needs`, {
      status: 403,
    });
  const { policies } = cloud.ports;
  if (policies) return authorizeBy(policies, invocation, access);
  const facts = access(ctx, call.input);
  return facts instanceof Promise
    ? facts.then((later) => evaluateFacts(invocation, later))
    : evaluateFacts(invocation, facts);
}

function evaluateFacts(invocation: Invocation, facts: readonly AccessFact[]): void {
  invocation.needsPermission = facts.length > 0;
  judge(invocation.ctx, facts);
}

/**
 * Loads the caller's policies before the call is handled, because a handler may authorize entries of a batch
 * within a transaction.
 */
async function authorizeBy({ of }: NonNullable<Ports["policies"]>, invocation: Invocation, access: AccessOf) {
  const { call, ctx } = invocation;
  const { type } = call.principal;
  if (type !== "service" && type !== "anonymous") ctx.callerPolicies = await of(call.principal);
  evaluateFacts(invocation, await access(ctx, call.input));
}

/**
 * Counts the call before it is handled, so that the count is part of the call's own commit. A call that needs
 * no permission may name any account, whether it exists or not, and creates no rows there.
 */
function meter({ call, ctx, needsPermission }: Invocation) {
  if (needsPermission || call.principal.account === call.place.account) ctx.usage(call.operation.name, 1);
}

/**
 * Records the call in the trail, and returns whether it did. Operations on data are not recorded and wait for
 * no other record.
 */
function record({ cloud, call, trail, output, error }: Invocation): boolean {
  if (call.service.dataOperations.has(call.operation.name)) return false;
  trail.record(recordOf(call, output, error, cloud.clock.now(), cloud.random.uuid()));
  return true;
}

/**
 * Converts what a handler threw. Any error but an AwsError is a bug: it is logged, and the client sees no
 * details.
 */
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
