import { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { type Place, placeOf } from "./resources.ts";
import type { Scaled } from "./store.ts";

/** The provisioned units of a table or an index. */
interface Provisioned {
  read: number;
  write: number;
}

/** A client that acts as the account's root, in place of AWS's service-linked role. */
const dynamodb = (ctx: Context) => ctx.as(rootOf(ctx.account)).aws.dynamodb;

/** The capacity of a table or index; `undefined` if there is none. */
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

/** @throws {AwsError} the errors of DynamoDB */
export async function setCapacity(ctx: Context, scaled: Scaled, units: Provisioned): Promise<void> {
  const { table: TableName, index: IndexName }: Place = placeOf(scaled);
  const ProvisionedThroughput = { ReadCapacityUnits: units.read, WriteCapacityUnits: units.write };
  await dynamodb(ctx).UpdateTable(
    IndexName === undefined
      ? { TableName, ProvisionedThroughput }
      : { TableName, GlobalSecondaryIndexUpdates: [{ Update: { IndexName, ProvisionedThroughput } }] },
  );
}
