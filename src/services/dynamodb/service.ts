import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { type Access, defineService } from "#kernel/service.ts";
import { batchOperations } from "./items/batches.ts";
import { itemOperations } from "./items/items.ts";
import { tableName } from "./items/rows.ts";
import { queryOperations } from "./reads/query.ts";
import { scanOperations } from "./reads/scan.ts";
import { tableArn, tables } from "./store.ts";
import { clear, tableOperations } from "./tables/tables.ts";
import { tagOperations } from "./tables/tags.ts";
import { transactionOperations } from "./transactions/transactions.ts";

async function fact(ctx: Context, action: string, given: string, index?: string): Promise<AccessFact> {
  const name = tableName(given);
  const table = await ctx.read((tx) => tx.get(tables, [name]));
  const arn = tableArn(ctx, name);
  return {
    action: `dynamodb:${action}`,
    resource: index === undefined ? arn : `${arn}/index/${index}`,
    owner: ctx.account,
    resourcePolicy: table?.policy ?? null,
  };
}

const onTable =
  (action: string) => async (ctx: Context, input: { TableName: string; IndexName?: string }) => [
    await fact(ctx, action, input.TableName, input.IndexName),
  ];
const onTables =
  (action: string) =>
  (ctx: Context, { RequestItems }: { RequestItems: object }) =>
    Promise.all(Object.keys(RequestItems).map((name) => fact(ctx, action, name)));
const onResource =
  (action: string) =>
  (_: Context, { ResourceArn }: { ResourceArn: string }) => [
    { action: `dynamodb:${action}`, resource: ResourceArn },
  ];

const access: Access<"dynamodb"> = {
  CreateTable: onTable("CreateTable"),
  DescribeTable: onTable("DescribeTable"),
  DeleteTable: onTable("DeleteTable"),
  ListTables: (ctx) => [{ action: "dynamodb:ListTables", resource: tableArn(ctx, "*") }],
  TagResource: onResource("TagResource"),
  UntagResource: onResource("UntagResource"),
  ListTagsOfResource: onResource("ListTagsOfResource"),
  GetItem: onTable("GetItem"),
  PutItem: onTable("PutItem"),
  UpdateItem: onTable("UpdateItem"),
  DeleteItem: onTable("DeleteItem"),
  Query: onTable("Query"),
  Scan: onTable("Scan"),
  BatchGetItem: onTables("BatchGetItem"),
  BatchWriteItem: onTables("BatchWriteItem"),
  TransactWriteItems: (ctx, { TransactItems }) =>
    Promise.all(
      TransactItems.flatMap(({ ConditionCheck, Put, Delete, Update }) => [
        ...(ConditionCheck ? [fact(ctx, "ConditionCheckItem", ConditionCheck.TableName)] : []),
        ...(Put ? [fact(ctx, "PutItem", Put.TableName)] : []),
        ...(Delete ? [fact(ctx, "DeleteItem", Delete.TableName)] : []),
        ...(Update ? [fact(ctx, "UpdateItem", Update.TableName)] : []),
      ]),
    ),
  TransactGetItems: (ctx, { TransactItems }) =>
    Promise.all(TransactItems.map(({ Get }) => fact(ctx, "GetItem", Get.TableName))),
};

export const dynamodb = defineService({
  id: "dynamodb",
  operations: [
    tableOperations,
    tagOperations,
    itemOperations,
    batchOperations,
    queryOperations,
    scanOperations,
    transactionOperations,
  ],
  jobs: [clear],
  access,
  dataOperations: [
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
  ],
});
