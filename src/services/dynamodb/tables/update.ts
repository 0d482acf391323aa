import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { invalid, invalidParameters, limitExceeded } from "../errors.ts";
import { withReplicaDescriptions } from "../replicas/description.ts";
import { notDisassociable, notInGlobalTable, otherFields } from "../replicas/errors.ts";
import { checkIdle } from "../replicas/group.ts";
import { settled } from "../replicas/settings.ts";
import { updateReplicas } from "../replicas/update.ts";
import { type Table, tables } from "../store.ts";
import { closeStream, openStream } from "../streams/shards.ts";
import { checkSettings } from "./combinations.ts";
import { withEncryption } from "./encryption.ts";
import { checkIndexUpdates, checkWarmIndexes, withIndexes } from "./index-updates.ts";
import { namedTable } from "./named.ts";
import { withOnDemandMaximums } from "./on-demand-throughput.ts";
import { checkBounds, provisioned } from "./throughput.ts";
import { updateResponse } from "./under-way.ts";
import { warmed } from "./warm-throughput.ts";

type Request = Input<"dynamodb", "UpdateTable">;

const MAX_CLASS_CHANGES = 2;
const CLASS_CHANGES_MS = 30 * 86_400_000;

export const tableUpdate = {
  /** Each request changes one setting. The change takes effect at once, but the response shows it as in progress. */
  async UpdateTable(ctx, input) {
    refuseUnimplemented(input);
    checkWarmIndexes(input);
    if (input.ReplicaUpdates) return updateReplicas(ctx, input);
    checkSettings(input);
    if (input.MultiRegionConsistency === "STRONG" || input.GlobalTableWitnessUpdates) throw otherFields();
    checkBounds(input.ProvisionedThroughput);
    checkIndexUpdates(input);
    const { former, table } = await ctx.transact(async (tx) => {
      const former = await namedTable(tx, input.TableName);
      checkIdle(former);
      let table = withBilling(former, input, ctx.region, tx.now());
      table = await withStream(tx, table, input.StreamSpecification);
      table = withIndexes(tx, former, table, input, ctx.region);
      table = withClass(table, input.TableClass, tx.now());
      table = withEncryption(ctx, table, input.SSESpecification);
      table = { ...table, deletionProtection: input.DeletionProtectionEnabled ?? table.deletionProtection };
      table = withDisassociationProtection(table, input.DisassociationProtectionEnabled);
      table = settled(tx, table);
      tx.put(tables, table);
      return { former, table };
    });
    return {
      TableDescription: await withReplicaDescriptions(ctx, table, updateResponse(ctx, former, table, input)),
    };
  },
} satisfies Handlers<"dynamodb">;

const UNIMPLEMENTED = [
  "GlobalTableSettingsReplicationMode",
  "VectorIndexUpdates",
] as const satisfies (keyof Request)[];

function refuseUnimplemented(input: Request): void {
  const named = UNIMPLEMENTED.find((member) => input[member] !== undefined);
  if (named) throw notImplemented(`${named} of a table`);
}

function withBilling(former: Table, input: Request, region: string, now: number): Table {
  const { BillingMode, ProvisionedThroughput: sent } = input;
  const billing = BillingMode ?? former.billing;
  const isSwitched = billing !== former.billing;
  if (BillingMode === "PAY_PER_REQUEST" && sent)
    throw invalidParameters("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST");
  if (BillingMode === "PROVISIONED" && !sent)
    throw invalidParameters("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (billing === "PAY_PER_REQUEST" && sent)
    throw invalidParameters(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
  const whose = { billing, region };
  let table = former;
  if (isSwitched || sent)
    table = { ...provisioned(former, { ...whose, before: former.billing }, sent, now), billing };
  if (isSwitched && billing === "PAY_PER_REQUEST") table = { ...table, onDemandSince: now };
  return warmed(withOnDemandMaximums(table, whose, input.OnDemandThroughput), whose, input.WarmThroughput);
}

async function withStream(
  tx: Transaction,
  table: Table,
  sent: DynamoDB.StreamSpecification | undefined,
): Promise<Table> {
  if (!sent) return table;
  const { StreamEnabled, StreamViewType } = sent;
  if (!StreamEnabled && table.group && !table.group.strong)
    throw invalidParameters("Disabling Stream is not allowed for a Global Table replica.");
  if (StreamEnabled && !StreamViewType)
    throw invalidParameters("If stream is being enabled then UpdateViewType is required");
  if (!StreamEnabled && StreamViewType)
    throw invalidParameters("If stream is being disabled, then UpdateViewType must not be specified");
  if (StreamEnabled && table.stream)
    throw invalid(`Table already has an enabled stream: TableName: ${table.name}`);
  if (StreamEnabled) return { ...table, stream: await openStream(tx, table, StreamViewType!) };
  if (!table.stream) throw invalid(`Table has no stream to disable: TableName: ${table.name}`);
  await closeStream(tx, table.name, table.stream);
  return { ...table, stream: undefined, lastStream: table.stream.label };
}

/** Sets the table class. A table without one is STANDARD. */
function withClass(table: Table, sent: DynamoDB.TableClass | undefined, now: number): Table {
  if (!sent || (sent === "STANDARD" && !table.tableClass)) return table;
  const { classChanges: changes = [] } = table;
  if (changes.filter((time) => time > now - CLASS_CHANGES_MS).length >= MAX_CLASS_CHANGES)
    throw limitExceeded(
      "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).",
    );
  if (sent === table.tableClass) return table;
  return { ...table, tableClass: sent, classChanges: [...changes, now].slice(-MAX_CLASS_CHANGES) };
}

function withDisassociationProtection(table: Table, isEnabled: boolean | undefined): Table {
  if (isEnabled === undefined) return table;
  if (!table.group) throw notInGlobalTable();
  if (table.group.strong) throw notDisassociable();
  return { ...table, group: { ...table.group, isUnprotected: isEnabled ? undefined : true } };
}
