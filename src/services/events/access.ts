import { type AccessFact, passRoleFacts } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Access } from "#kernel/service.ts";
import {
  archiveArn,
  busArn,
  busNamed,
  connectionArn,
  destinationArn,
  eventSourceArn,
  placeOfBus,
  replayArn,
  ruleArn,
} from "./arns.ts";
import { policyText } from "./buses/bus.ts";
import { buses } from "./store.ts";

type OnBus = { EventBusName?: string };

const fact = (action: string, resource: string): AccessFact[] => [{ action: `events:${action}`, resource }];
const on =
  (action: string) =>
  (arn: (place: Place, name: string) => string, member: string) =>
  (ctx: Context, input: object) =>
    fact(action, arn(ctx, (input as Record<string, string>)[member]!));
const listing = (action: string) => (ctx: Context) => fact(action, busArn(ctx, "*"));

/** A rule on another account's bus can be managed if the bus's policy allows it. */
const onRule =
  (action: string, member?: string) =>
  async (ctx: Context, input: OnBus): Promise<AccessFact[]> => {
    const bus = busNamed(input.EventBusName);
    const name = member === undefined ? "*" : (input as Record<string, string>)[member]!;
    return [{ ...(await policyOf(ctx, bus)), action: `events:${action}`, resource: ruleArn(ctx, bus, name) }];
  };

async function policyOf(ctx: Context, bus: string): Promise<Pick<AccessFact, "owner" | "resourcePolicy">> {
  const record = await ctx.read((tx) => tx.get(buses, [bus]));
  return { owner: ctx.account, resourcePolicy: policyText(record?.policy) ?? null };
}

const connection = (place: Place, name: string) => connectionArn(place, name, "*");
const destination = (place: Place, name: string) => destinationArn(place, name, "*");

export const access: Access<"events"> = {
  CreateEventBus: on("CreateEventBus")(busArn, "Name"),
  DescribeEventBus: (ctx, { Name }) => fact("DescribeEventBus", busArn(ctx, busNamed(Name))),
  UpdateEventBus: (ctx, { Name }) => fact("UpdateEventBus", busArn(ctx, busNamed(Name))),
  DeleteEventBus: on("DeleteEventBus")(busArn, "Name"),
  ListEventBuses: listing("ListEventBuses"),
  PutPermission: (ctx, { EventBusName }: OnBus) => fact("PutPermission", busArn(ctx, busNamed(EventBusName))),
  RemovePermission: (ctx, { EventBusName }: OnBus) =>
    fact("RemovePermission", busArn(ctx, busNamed(EventBusName))),

  PutRule: async (ctx, input) => [
    ...(await onRule("PutRule", "Name")(ctx, input)),
    ...passRoleFacts([input.RoleArn]),
  ],
  DescribeRule: onRule("DescribeRule", "Name"),
  DeleteRule: onRule("DeleteRule", "Name"),
  EnableRule: onRule("EnableRule", "Name"),
  DisableRule: onRule("DisableRule", "Name"),
  ListRules: onRule("ListRules"),
  PutTargets: async (ctx, input) => [
    ...(await onRule("PutTargets", "Rule")(ctx, input)),
    ...passRoleFacts(input.Targets.map(({ RoleArn }) => RoleArn)),
  ],
  RemoveTargets: onRule("RemoveTargets", "Rule"),
  ListTargetsByRule: onRule("ListTargetsByRule", "Rule"),
  ListRuleNamesByTarget: onRule("ListRuleNamesByTarget"),
  TestEventPattern: () => fact("TestEventPattern", "*"),

  /** Entries for buses in other accounts or Regions are authorized there. */
  PutEvents: async (ctx, { Entries }) => {
    // The cloud's own services need no permission to put events on the default bus.
    if (ctx.principal.type === "service") return fact("PutEvents", busArn(ctx, "*"));
    const here = Entries.filter(({ EventBusName }) => placeOfBus(EventBusName, ctx) === ctx);
    const facts: AccessFact[] = [];
    for (const bus of new Set(here.map(({ EventBusName }) => busNamed(EventBusName))))
      facts.push({
        ...(await policyOf(ctx, bus)),
        action: "events:PutEvents",
        resource: busArn(ctx, bus),
      });
    return facts;
  },

  CreateArchive: on("CreateArchive")(archiveArn, "ArchiveName"),
  DescribeArchive: on("DescribeArchive")(archiveArn, "ArchiveName"),
  UpdateArchive: on("UpdateArchive")(archiveArn, "ArchiveName"),
  DeleteArchive: on("DeleteArchive")(archiveArn, "ArchiveName"),
  ListArchives: listing("ListArchives"),
  StartReplay: on("StartReplay")(replayArn, "ReplayName"),
  DescribeReplay: on("DescribeReplay")(replayArn, "ReplayName"),
  CancelReplay: on("CancelReplay")(replayArn, "ReplayName"),
  ListReplays: listing("ListReplays"),

  CreateConnection: on("CreateConnection")(connection, "Name"),
  DescribeConnection: on("DescribeConnection")(connection, "Name"),
  UpdateConnection: on("UpdateConnection")(connection, "Name"),
  DeauthorizeConnection: on("DeauthorizeConnection")(connection, "Name"),
  DeleteConnection: on("DeleteConnection")(connection, "Name"),
  ListConnections: listing("ListConnections"),
  CreateApiDestination: on("CreateApiDestination")(destination, "Name"),
  DescribeApiDestination: on("DescribeApiDestination")(destination, "Name"),
  UpdateApiDestination: on("UpdateApiDestination")(destination, "Name"),
  DeleteApiDestination: on("DeleteApiDestination")(destination, "Name"),
  ListApiDestinations: listing("ListApiDestinations"),

  ActivateEventSource: on("ActivateEventSource")(eventSourceArn, "Name"),
  DeactivateEventSource: on("DeactivateEventSource")(eventSourceArn, "Name"),
  DescribeEventSource: on("DescribeEventSource")(eventSourceArn, "Name"),
  ListEventSources: () => fact("ListEventSources", "*"),
  CreatePartnerEventSource: on("CreatePartnerEventSource")(eventSourceArn, "Name"),
  DeletePartnerEventSource: on("DeletePartnerEventSource")(eventSourceArn, "Name"),
  DescribePartnerEventSource: on("DescribePartnerEventSource")(eventSourceArn, "Name"),
  ListPartnerEventSources: () => fact("ListPartnerEventSources", "*"),
  ListPartnerEventSourceAccounts: on("ListPartnerEventSourceAccounts")(eventSourceArn, "EventSourceName"),
  PutPartnerEvents: () => fact("PutPartnerEvents", "*"),

  TagResource: (_, { ResourceARN }) => fact("TagResource", ResourceARN),
  UntagResource: (_, { ResourceARN }) => fact("UntagResource", ResourceARN),
  ListTagsForResource: (_, { ResourceARN }) => fact("ListTagsForResource", ResourceARN),
};
