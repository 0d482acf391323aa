import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, sendRaw, refusals, withTable } = dynamodbOn(cloud);
withTable("nested", {
  AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
});

const NESTED =
  "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
const MEASURED = "https://github.com/nubo-db/dynoxide/issues/110";
const REGIONS = "https://github.com/paritysuite/dynamodb-conformance/pull/90";
const TOGETHER = "https://github.com/paritysuite/dynamodb-conformance/pull/178";

/** A string nested in the given number of maps. */
const within = (maps: number, inner: AttributeValue = S("x")): AttributeValue =>
  maps === 0 ? inner : { M: { m: within(maps - 1, inner) } };
const Key = { p: S("a") };

refusals(MEASURED, [
  ["PutItem", { TableName: "nested", Item: { ...Key, m: within(32) } }, NESTED],
  [
    "BatchWriteItem",
    { RequestItems: { nested: [{ PutRequest: { Item: { ...Key, m: within(32) } } }] } },
    NESTED,
  ],
  [
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName: "nested", Item: { ...Key, m: within(32) } } }] },
    NESTED,
  ],
  [
    "UpdateItem",
    {
      TableName: "nested",
      Key,
      UpdateExpression: "SET m = :v",
      ExpressionAttributeValues: { ":v": within(32) },
    },
    NESTED,
  ],
  ["UpdateItem", { TableName: "nested", Key, AttributeUpdates: { m: { Value: within(32) } } }, NESTED],
]);

behaviour("an item with 31 nesting levels is stored", MEASURED, async () => {
  const Item = { p: S("31"), m: within(31) };
  await send(new PutItemCommand({ TableName: "nested", Item }));
  const found = await send(new GetItemCommand({ TableName: "nested", Key: { p: S("31") } }));
  expect(found.Item).toEqual(Item);
});

behaviour(
  "an update refuses to nest an attribute deeper with its own value",
  guide("Constraints"),
  async () => {
    const own = { TableName: "nested", Key: { p: S("grown") } };
    await send(
      new PutItemCommand({ TableName: "nested", Item: { p: S("grown"), m: within(20, { M: {} }) } }),
    );
    const end = Array(21).fill("m").join(".");
    const growing = new UpdateItemCommand({ ...own, UpdateExpression: `SET ${end} = m` });
    await expect(send(growing)).rejects.toMatchObject({ name: "ValidationException", message: NESTED });
    const appending = new UpdateItemCommand({
      ...own,
      UpdateExpression: `SET ${end} = list_append(:l, :l)`,
      ExpressionAttributeValues: { ":l": { L: [within(12)] } },
    });
    await expect(send(appending)).rejects.toMatchObject({ name: "ValidationException", message: NESTED });
  },
);

/** Most Regions do not limit the depth of a comparison's operand. */
behaviour("an operand of a condition can be nested deeper", REGIONS, async () => {
  const put = new PutItemCommand({
    TableName: "nested",
    Item: Key,
    ConditionExpression: "m = :v",
    ExpressionAttributeValues: { ":v": within(33) },
  });
  await expect(send(put)).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
});

behaviour(
  "a transaction is cancelled for an update that nests too deep, not for a deep operand of a check",
  TOGETHER,
  async () => {
    const on = { TableName: "nested", Key: { p: S("t") }, ExpressionAttributeValues: { ":v": within(33) } };
    const updating = sendRaw(
      "TransactWriteItems",
      JSON.stringify({ TransactItems: [{ Update: { ...on, UpdateExpression: "SET m = :v" } }] }),
    );
    await expect(updating).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [{ Code: "ValidationError", Message: NESTED }],
    });
    const checking = sendRaw(
      "TransactWriteItems",
      JSON.stringify({ TransactItems: [{ ConditionCheck: { ...on, ConditionExpression: "m <> :v" } }] }),
    );
    await expect(checking).resolves.toBeDefined();
  },
);
