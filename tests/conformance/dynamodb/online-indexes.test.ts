import {
  type AttributeValue,
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const VIOLATIONS = guide("GSI.OnlineOps.ViolationDetection");
const TableName = "older-than-its-index";
const IndexName = "by-g";

/** Values that are invalid as an index key. */
const UNFIT: Record<string, AttributeValue> = {
  "of another type": N(1),
  empty: S(""),
  "of more than 2048 bytes": S("x".repeat(2_049)),
  "a list": { L: [] },
  "a set": { SS: ["red"] },
  null: { NULL: true },
};
const keyOf = (p: string) => ({ p: S(p), s: N(1) });

describe("an index added to an existing table", () => {
  withTable(TableName);
  beforeAll(async () => {
    for (const [p, g] of Object.entries(UNFIT))
      await send(new PutItemCommand({ TableName, Item: { ...keyOf(p), g } }));
    await send(new PutItemCommand({ TableName, Item: { ...keyOf("fit"), g: S("red") } }));
    await send(new PutItemCommand({ TableName, Item: keyOf("missing") }));
    await send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: "g", AttributeType: "S" }],
        GlobalSecondaryIndexUpdates: [
          {
            Create: {
              IndexName,
              KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
              Projection: { ProjectionType: "ALL" },
            },
          },
        ],
      }),
    );
    await cloud.advance(60_000);
  });

  behaviour("becomes active whatever values its key attribute has", VIOLATIONS, async () => {
    const { Table } = await send(new DescribeTableCommand({ TableName }));
    const [index] = Table!.GlobalSecondaryIndexes!;
    expect([index!.IndexStatus, index!.Backfilling ?? false]).toEqual(["ACTIVE", false]);
  });

  const indexed = async () => {
    const { Items } = await send(new ScanCommand({ TableName, IndexName }));
    return Items!.map(({ p }) => p!.S);
  };

  for (const what of [...Object.keys(UNFIT), "missing"])
    behaviour(`omits an item whose attribute is ${what}`, VIOLATIONS, async () => {
      expect(await indexed()).not.toContain(what);
      const { Items } = await send(new ScanCommand({ TableName }));
      expect(Items!.map(({ p }) => p!.S)).toContain(what);
    });

  behaviour("contains the valid items", VIOLATIONS, async () => {
    expect(await indexed()).toContain("fit");
  });

  behaviour("adds an item whose attribute is corrected", VIOLATIONS, async () => {
    await send(
      new UpdateItemCommand({
        TableName,
        Key: keyOf("of another type"),
        UpdateExpression: "SET g = :g",
        ExpressionAttributeValues: { ":g": S("blue") },
      }),
    );
    expect(await indexed()).toContain("of another type");
  });

  behaviour("does not prevent the deletion of an omitted item", api("DeleteItem"), async () => {
    for (const p of Object.keys(UNFIT)) await send(new DeleteItemCommand({ TableName, Key: keyOf(p) }));
    expect(await indexed()).toEqual(["fit"]);
  });
});
