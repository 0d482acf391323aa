import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Input } from "#kernel/service.ts";
import type { Clock } from "#lib/clock.ts";
import type { Table } from "../store.ts";
import { described } from "./description.ts";

type Request = Input<"dynamodb", "UpdateTable">;

/** The response of UpdateTable: many settings as they were before, and the status of a change in progress. */
export function updateResponse(
  place: Place & { clock: Clock },
  former: Table,
  table: Table,
  input: Request,
): DynamoDB.TableDescription {
  const before = described(place, former);
  const after = described(place, table, isSlow(input) ? "UPDATING" : "ACTIVE");
  const isSwitched = former.billing !== table.billing;
  return {
    ...after,
    ProvisionedThroughput: isSwitched ? after.ProvisionedThroughput : unitsBefore(before, after),
    BillingModeSummary: isSwitched ? billingUnderWay(table, before) : after.BillingModeSummary,
    TableClassSummary: before.TableClassSummary,
    SSEDescription: input.SSESpecification
      ? { ...before.SSEDescription, Status: "UPDATING" }
      : after.SSEDescription,
    WarmThroughput: input.WarmThroughput
      ? { ...before.WarmThroughput, Status: "UPDATING" }
      : after.WarmThroughput,
    GlobalSecondaryIndexes: indexesUnderWay(before, after, input, isSwitched),
  };
}

/** Whether the table's status is UPDATING during the change. */
const isSlow = (input: Request): boolean =>
  input.ProvisionedThroughput !== undefined ||
  input.BillingMode !== undefined ||
  input.StreamSpecification !== undefined ||
  input.TableClass !== undefined ||
  (input.GlobalSecondaryIndexUpdates ?? []).some(({ Update }) => !Update);

/** The billing mode without the time of the switch, which is only shown afterwards. */
const billingUnderWay = (
  { billing }: Table,
  { BillingModeSummary: former }: DynamoDB.TableDescription,
): DynamoDB.BillingModeSummary => ({ ...former, BillingMode: billing });

/** The former units, with the time of the change. */
const unitsBefore = (
  { ProvisionedThroughput: before }: Described,
  { ProvisionedThroughput: after }: Described,
): DynamoDB.ProvisionedThroughputDescription => ({
  ...before,
  LastIncreaseDateTime: after?.LastIncreaseDateTime,
  LastDecreaseDateTime: after?.LastDecreaseDateTime,
});
type Described = Pick<DynamoDB.GlobalSecondaryIndexDescription, "ProvisionedThroughput">;

function indexesUnderWay(
  { GlobalSecondaryIndexes: before = [] }: DynamoDB.TableDescription,
  { GlobalSecondaryIndexes: after = [] }: DynamoDB.TableDescription,
  { GlobalSecondaryIndexUpdates: updates = [] }: Request,
  isSwitched: boolean,
): DynamoDB.GlobalSecondaryIndexDescription[] | undefined {
  const deleted = before
    .filter(({ IndexName }) => !after.some((one) => one.IndexName === IndexName))
    .map((index) => ({ ...index, IndexStatus: "DELETING" as const }));
  const there = after.map((index): DynamoDB.GlobalSecondaryIndexDescription => {
    const former = before.find(({ IndexName }) => IndexName === index.IndexName);
    const sent = updates.find(({ Update }) => Update?.IndexName === index.IndexName)?.Update;
    if (!former) return { ...index, Backfilling: false };
    if (!sent) return index;
    return {
      ...index,
      ...((sent.ProvisionedThroughput || sent.OnDemandThroughput) && { IndexStatus: "UPDATING" }),
      ProvisionedThroughput: isSwitched ? index.ProvisionedThroughput : unitsBefore(former, index),
      WarmThroughput: sent.WarmThroughput
        ? { ...former.WarmThroughput, Status: "UPDATING" }
        : index.WarmThroughput,
    };
  });
  const all = [...there, ...deleted];
  return all.length > 0 ? all : undefined;
}
