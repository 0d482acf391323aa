import type { Clients } from "#kernel/calls/clients.ts";
import type { Context } from "#kernel/context.ts";
import { eventSourceArn } from "../arns.ts";

const EVENTBRIDGE = "events.amazonaws.com";

/** Calls in an account that a source is offered to: EventBridge repeats the partner's call there, as itself. */
export const inAccount = (ctx: Context, source: string, account: string): Clients["events"] =>
  ctx.as(
    EVENTBRIDGE,
    { arn: eventSourceArn(ctx, source), account: ctx.account },
    { account, region: ctx.region },
  ).aws.events;

/** The partner on whose behalf EventBridge calls; `undefined` if the partner itself calls. */
export const partnerOf = ({ principal }: Context): string | undefined =>
  principal.type === "service" ? principal.sourceAccount : undefined;
