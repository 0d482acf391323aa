import {
  type AttributeValue,
  BatchWriteItemCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";

/** A table whose key is `p`. */
export const BY_NAME = {
  AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
} satisfies Omit<CreateTableCommandInput, "TableName">;

export type Item = Record<string, AttributeValue>;

export async function write(
  client: DynamoDBClient,
  TableName: string,
  items: readonly Item[],
): Promise<void> {
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
}

/** All items, page by page. */
export async function scanned(
  client: DynamoDBClient,
  TableName: string,
  IndexName?: string,
): Promise<Item[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, IndexName, ExclusiveStartKey }));
    items.push(...page.Items!);
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}
