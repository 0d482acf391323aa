import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { rootOf } from "#kernel/principal.ts";
import { type Place, placeOf } from "./resources.ts";
import type { Scaled } from "./store.ts";

/** Units that a table or an index is provisioned with. */
interface Provisioned {
  read: number;
  write: number;
}

/** As the role that AWS links to the service, which belongs to the account. */
const dynamodb = (ctx: Context) => ctx.as(rootOf(ctx.account)).aws.dynamodb;

/** `undefined` where there is no such table or index. */
export async function capacityOf(ctx: Context, scaled: Scaled): Promise<Provisioned | undefined> {
  const { table, index } = placeOf(scaled);
  try {
    const { Table } = await dynamodb(ctx).DescribeTable({ TableName: table });
    const of =
      index === undefined
        ? Table
        : Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index);
    const units = of?.ProvisionedThroughput;
    return units && { read: units.ReadCapacityUnits ?? 0, write: units.WriteCapacityUnits ?? 0 };
  } catch (error) {
    if (error instanceof AwsError && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** @throws {AwsError} whatever DynamoDB says against it */
export async function setCapacity(ctx: Context, scaled: Scaled, units: Provisioned): Promise<void> {
  const { table: TableName, index: IndexName }: Place = placeOf(scaled);
  const ProvisionedThroughput = { ReadCapacityUnits: units.read, WriteCapacityUnits: units.write };
  await dynamodb(ctx).UpdateTable(
    IndexName === undefined
      ? { TableName, ProvisionedThroughput }
      : { TableName, GlobalSecondaryIndexUpdates: [{ Update: { IndexName, ProvisionedThroughput } }] },
  );
}
