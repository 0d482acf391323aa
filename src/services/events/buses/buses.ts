import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { busArn, busNamed, DEFAULT_BUS } from "../arns.ts";
import { checkDeadLetters } from "../dead-letters.ts";
import {
  busExists,
  busHasRules,
  busNameIsNotSource,
  busNameIsReserved,
  defaultBusStays,
  invalidToken,
  limitExceeded,
  noSuchEventSource,
  slashInBusName,
} from "../errors.ts";
import { activate, detach } from "../partners/event-sources.ts";
import { type Bus, buses, type EventSource, eventSources, rules } from "../store.ts";
import { checkTags } from "../tags.ts";
import { busAt, defaultBus, ownBus, policyText } from "./bus.ts";

/** The maximum buses of an account in a Region: AWS's default quota. */
const MAX_BUSES = 100;

export const busOperations = {
  async CreateEventBus(ctx, input) {
    checkName(input);
    checkDeadLetters(input.DeadLetterConfig, ctx.region);
    checkTags(input.Tags);
    return ctx.transact(async (tx) => {
      if (input.Name === DEFAULT_BUS || (await tx.get(buses, [input.Name]))) throw busExists(input.Name);
      if ((await tx.list(buses, { limit: MAX_BUSES })).length === MAX_BUSES) throw limitExceeded();
      if (input.EventSourceName !== undefined) activate(tx, await pendingSource(tx, input.EventSourceName));
      const now = tx.now();
      tx.put(buses, {
        name: input.Name,
        description: input.Description,
        kmsKey: input.KmsKeyIdentifier,
        deadLetters: input.DeadLetterConfig,
        logging: input.LogConfig,
        tags: input.Tags,
        created: now,
        modified: now,
      });
      return {
        EventBusArn: busArn(ctx, input.Name),
        Description: input.Description,
        KmsKeyIdentifier: input.KmsKeyIdentifier,
        DeadLetterConfig: input.DeadLetterConfig,
        LogConfig: input.LogConfig,
      };
    });
  },

  async DescribeEventBus(ctx, { Name }) {
    const bus = await ctx.read((tx) => ownBus(ctx, tx, Name));
    return {
      ...described(ctx, bus),
      KmsKeyIdentifier: bus.kmsKey,
      DeadLetterConfig: bus.deadLetters,
      LogConfig: bus.logging,
    };
  },

  async UpdateEventBus(ctx, input) {
    checkDeadLetters(input.DeadLetterConfig, ctx.region);
    return ctx.transact(async (tx) => {
      const bus = await busAt(tx, busNamed(input.Name));
      tx.put(buses, {
        ...bus,
        description: input.Description ?? bus.description,
        kmsKey: input.KmsKeyIdentifier ?? bus.kmsKey,
        deadLetters: input.DeadLetterConfig ?? bus.deadLetters,
        logging: input.LogConfig ?? bus.logging,
        modified: tx.now(),
      });
      const now = await busAt(tx, bus.name);
      return {
        Arn: busArn(ctx, now.name),
        Name: now.name,
        KmsKeyIdentifier: now.kmsKey,
        Description: now.description,
        DeadLetterConfig: now.deadLetters,
        LogConfig: now.logging,
      };
    });
  },

  /** Deleting a bus that does not exist is no error. */
  async DeleteEventBus(ctx, { Name }) {
    if (Name === DEFAULT_BUS) throw defaultBusStays();
    return ctx.transact(async (tx) => {
      if ((await tx.list(rules, { in: [Name], limit: 1 })).length > 0) throw busHasRules();
      if (!(await tx.get(buses, [Name]))) return {};
      tx.delete(buses, [Name]);
      await detach(tx, Name);
      return {};
    });
  },

  async ListEventBuses(ctx, { NamePrefix = "", Limit = 100, NextToken }) {
    const { records, token } = await page<Bus>(ctx, {
      listing: ["events:ListEventBuses", NamePrefix],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => busesFrom(tx, NamePrefix, range)),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { EventBuses: records.map((bus) => described(ctx, bus)), NextToken: token };
  },
} satisfies Handlers<"events">;

/** A partner's bus must have the name of its source. */
function checkName({ Name: name, EventSourceName: source }: Events.CreateEventBusRequest): void {
  if (source === undefined) {
    if (name.startsWith("aws.")) throw busNameIsReserved();
    if (name.includes("/")) throw slashInBusName();
  } else if (source !== name) throw busNameIsNotSource();
}

/** @throws {AwsError} ResourceNotFoundException */
async function pendingSource(tx: ReadTransaction, name: string): Promise<EventSource> {
  const source = await tx.get(eventSources, [name]);
  if (source?.state !== "PENDING") throw noSuchEventSource(name);
  return source;
}

/** The buses from a name on; the default bus, which may have no record, is inserted at its place. */
async function busesFrom(
  tx: ReadTransaction,
  prefix: string,
  range: { after?: readonly (string | number)[]; limit: number },
): Promise<Bus[]> {
  const listed = await tx.list(buses, { prefix, ...range });
  const after = range.after?.[0];
  const isDue =
    DEFAULT_BUS.startsWith(prefix) &&
    (after === undefined || String(after) < DEFAULT_BUS) &&
    !listed.some(({ name }) => name === DEFAULT_BUS);
  if (!isDue) return listed;
  const at = listed.findIndex(({ name }) => name > DEFAULT_BUS);
  return listed.toSpliced(at < 0 ? listed.length : at, 0, defaultBus()).slice(0, range.limit);
}

function described(ctx: Context, bus: Bus): Events.EventBus {
  return {
    Name: bus.name,
    Arn: busArn(ctx, bus.name),
    Description: bus.description,
    Policy: policyText(bus.policy),
    CreationTime: bus.created === 0 ? undefined : new Date(bus.created),
    LastModifiedTime: bus.modified === 0 ? undefined : new Date(bus.modified),
  };
}
