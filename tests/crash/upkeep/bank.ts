import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateTableCommand,
  type DynamoDBClient,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { BY_NAME, type Item, scanned, write } from "./items.ts";

const ACCOUNTS = 100;
export const ITEMS = 2_000;
const EACH = 100;

/** Creates a table with accounts, between which balances are transferred, and other items. @returns its ARN */
export async function openBank(client: DynamoDBClient, TableName: string): Promise<string> {
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      ...BY_NAME,
    }),
  );
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => ({
    p: { S: `account-${n}` },
    kind: { S: "account" },
    balance: { N: String(EACH) },
  }));
  const others = Array.from({ length: ITEMS - ACCOUNTS }, (_, n) => ({
    p: { S: `other-${n}` },
    kind: { S: `other-${n % 7}` },
    text: { S: "x".repeat(100) },
  }));
  await write(client, TableName, [...accounts, ...others]);
  await client.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  return TableDescription!.TableArn!;
}

/** Transfers amounts between accounts. The sum never changes, whether a transfer without a response happened or not. */
export async function transfer(
  client: DynamoDBClient,
  TableName: string,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const from = randomInt(ACCOUNTS);
    const to = (from + 1 + randomInt(ACCOUNTS - 1)) % ACCOUNTS;
    const amount = randomInt(1, 10);
    const change = (account: number, by: number) => ({
      Update: {
        TableName,
        Key: { p: { S: `account-${account}` } },
        UpdateExpression: "ADD balance :by",
        ExpressionAttributeValues: { ":by": { N: String(by) } },
      },
    });
    const TransactItems = [change(from, -amount), change(to, amount)];
    const command = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: randomUUID() });
    await client.send(command).catch(() => sleep(20));
  }
}

/** Whether the table can be scanned. If so, checks that the items are those of one moment. */
export async function isWhole(
  client: DynamoDBClient,
  TableName: string,
  IndexName?: string,
): Promise<boolean> {
  const refusal = IndexName === undefined ? "ResourceNotFoundException" : "ValidationException";
  const items = await scanned(client, TableName, IndexName).catch((error: Error) => {
    expect(error.name).toBe(refusal);
    return undefined;
  });
  if (!items) return false;
  // A scan of a changing table reads items at different moments, but their number never changes.
  if (IndexName === undefined) expectWhole(items);
  else expect(new Set(items.map(({ p }) => p!.S)).size).toBe(ITEMS);
  return true;
}

export function expectWhole(items: readonly Item[]): void {
  expect(new Set(items.map(({ p }) => p!.S)).size).toBe(ITEMS);
  expect(items).toHaveLength(ITEMS);
  expect(items.reduce((sum, { balance }) => sum + Number(balance?.N ?? 0), 0)).toBe(ACCOUNTS * EACH);
}
