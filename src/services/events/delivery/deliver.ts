import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { deliverOrDeadLetter } from "#kernel/delivery/redelivery.ts";
import { deliver } from "#kernel/delivery/targets.ts";
import type { Place } from "#kernel/records/collection.ts";
import { ruleArn } from "../arns.ts";
import { callDestination } from "../destinations/call.ts";
import { deliverable, jsonOf, jsonOfDetail } from "../publishing/bus-event.ts";
import { needsRole } from "../rules/check-target.ts";
import { type BusEvent, rules } from "../store.ts";
import { failureOf } from "./failure.ts";
import { inputOf } from "./input.ts";

/** How an event came to its bus. */
export interface Arrival {
  /** Cloud time. */
  ingested: number;
  /** The X-Ray trace header that came with it. */
  trace?: string | undefined;
}

/** An event on its way to one target of a rule. */
export interface Sending extends Arrival {
  bus: string;
  rule: string;
  target: Events.Target;
  event: BusEvent;
}

const CALLER = "events.amazonaws.com";

/** Publishes an event on another bus of the same account and Region. */
export type Forward = (bus: string, event: BusEvent, trace: string | undefined) => Promise<void>;

/** Makes one attempt. @throws {AwsError} if it must be retried */
export function sendTo(ctx: Context, sending: Sending, attempt: number, forward: Forward): Promise<void> {
  const { bus, rule, target, event, ingested, trace } = sending;
  const source = ruleArn(ctx, bus, rule);
  const arn = target.DeadLetterConfig?.Arn;
  const deadLetters =
    arn === undefined
      ? undefined
      : {
          arn,
          body: jsonOf(event),
          attributes: { RULE_ARN: source, TARGET_ARN: target.Arn },
          trace,
          caller: CALLER,
          sourceArn: source,
          codeOf: failureOf,
        };
  const delivery = { attempt, since: ingested, retry: target.RetryPolicy, deadLetters };
  return deliverOrDeadLetter(ctx, delivery, () => sendOnce(ctx, sending, forward));
}

async function sendOnce(ctx: Context, sending: Sending, forward: Forward): Promise<void> {
  const { bus, rule, target, event, ingested, trace } = sending;
  const source = ruleArn(ctx, bus, rule);
  const parts = parseArn(target.Arn)!;
  const place: Place = { account: parts.account || ctx.account, region: parts.region || ctx.region };
  await checkRole(ctx, sending, parts.service);
  const payload = inputOf(target, event, { ruleArn: source, ruleName: rule, ingested });
  if (parts.service === "events" && parts.resource.startsWith("api-destination/"))
    return void (await callDestination(ctx, { arn: target.Arn, parameters: target.HttpParameters, payload }));
  if (parts.service === "events" && place.account === ctx.account && place.region === ctx.region)
    return forward(parts.resource.replace(/^event-bus\//, ""), event, trace);
  if (parts.service === "events") return putElsewhere(ctx, sending, place);
  // A target with a role is called as the role's account, others as EventBridge in the name of the rule. A rule's own
  // role is of this account.
  const role = target.RoleArn === undefined ? undefined : parseArn(target.RoleArn);
  const hasRole = target.RoleArn !== undefined || needsRole(parts.service);
  const caller = hasRole ? rootOf(role?.account ?? ctx.account) : CALLER;
  await deliver(ctx.as(caller, source, place).aws, target.Arn, {
    payload,
    messageGroupId: target.SqsParameters?.MessageGroupId,
    messageDeduplicationId: target.SqsParameters?.MessageGroupId && event.id,
    partitionKey: partitionKeyOf(target, event),
    name: event.id,
    trace,
  });
}

/**
 * A rule that is put without its role loses it, and then cannot call what needs one.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 * @throws {AwsError} AccessDeniedException
 */
async function checkRole(ctx: Context, { bus, rule: name, target }: Sending, service: string): Promise<void> {
  if (target.RoleArn !== undefined || !needsRole(service)) return;
  const rule = await ctx.read((tx) => tx.get(rules, [bus, name]));
  // What a deleted rule has matched is still delivered.
  if (rule && rule.role === undefined)
    throw new AwsError("AccessDeniedException", `RoleArn is required for target ${target.Arn}.`);
}

/** A bus of another account or Region gets the event from this account. */
async function putElsewhere(ctx: Context, { target, event, trace }: Sending, place: Place): Promise<void> {
  const { Entries: [entry] = [] } = await ctx.as(rootOf(ctx.account), undefined, place).aws.events.PutEvents({
    Entries: [
      {
        EventBusName: target.Arn,
        Source: event.source,
        DetailType: event["detail-type"],
        Detail: jsonOfDetail(event),
        Resources: event.resources,
        Time: new Date(event.time),
        ...(trace !== undefined && { TraceHeader: trace }),
      },
    ],
  });
  if (entry?.ErrorCode) throw new AwsError(entry.ErrorCode, entry.ErrorMessage ?? "");
}

/** The event's id, unless the target names a part of the event. */
function partitionKeyOf({ KinesisParameters }: Events.Target, event: BusEvent): string {
  const path = KinesisParameters && parseJsonPath(KinesisParameters.PartitionKeyPath);
  const value = path && atJsonPath(deliverable(event), path);
  return value === undefined ? event.id : typeof value === "string" ? value : JSON.stringify(value);
}
