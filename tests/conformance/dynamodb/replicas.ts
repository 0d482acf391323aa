import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { afterAll } from "vitest";
import type { ConformanceCloud } from "../cloud.ts";
import { type Item, N, S } from "./client.ts";

export const HOME = "us-east-1";
export const AWAY = "eu-west-1";
export const THIRD = "ap-southeast-2";

/** Returns the helpers of the global table tests, whose default table has the given name. */
export function regionsOn(cloud: ConformanceCloud, TableName: string) {
  const clients = new Map<string, DynamoDBClient>();
  const at = (region: string) => {
    let known = clients.get(region);
    if (!known) clients.set(region, (known = new DynamoDBClient(cloud.client({ region }))));
    return known;
  };
  afterAll(() => {
    for (const client of clients.values()) client.destroy();
  });

  const base = {
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" as const },
      { AttributeName: "s", AttributeType: "N" as const },
    ],
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" as const },
      { AttributeName: "s", KeyType: "RANGE" as const },
    ],
    BillingMode: "PAY_PER_REQUEST" as const,
  };
  const create = (name: string, region = HOME, more: object = {}) =>
    at(region).send(new CreateTableCommand({ TableName: name, ...base, ...more }));
  const change = (input: Partial<UpdateTableCommandInput>, name = TableName, region = HOME) =>
    at(region).send(new UpdateTableCommand({ TableName: name, ...input }));
  const add = (RegionName: string, name = TableName, region = HOME) =>
    change({ ReplicaUpdates: [{ Create: { RegionName } }] }, name, region);
  const drop = (RegionName: string, name = TableName, region = HOME) =>
    change({ ReplicaUpdates: [{ Delete: { RegionName } }] }, name, region);
  const describe = async (name = TableName, region = HOME) =>
    (await at(region).send(new DescribeTableCommand({ TableName: name }))).Table!;
  const put = (item: Item, region = HOME, name = TableName) =>
    at(region).send(new PutItemCommand({ TableName: name, Item: item }));
  const get = async (p: string, region = HOME, name = TableName) =>
    (await at(region).send(new GetItemCommand({ TableName: name, Key: { p: S(p), s: N(1) } }))).Item;
  const settle = () => cloud.advance(10_000);
  const statuses = async (name = TableName, region = HOME) =>
    (await describe(name, region)).Replicas?.map(({ RegionName, ReplicaStatus }) => [
      RegionName,
      ReplicaStatus,
    ]);
  return { at, create, change, add, drop, describe, put, get, settle, statuses };
}

export const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => [error.name, error.message],
  );
export const invalid = (message: string) => ["ValidationException", message];
