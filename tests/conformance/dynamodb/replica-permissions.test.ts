import { DynamoDBClient, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { identities } from "../identities.ts";
import { guide } from "./client.ts";
import { AWAY, HOME, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "guarded";
const { create, statuses, settle } = regionsOn(cloud, TableName);
const { user } = identities(cloud);
const account = "000000000000";
const arn = (region: string) => `arn:aws:dynamodb:${region}:${account}:table/${TableName}`;
const iam = guide("V2gt_IAM");

beforeAll(() => create(TableName));

const MAKING = [
  "CreateTable",
  "CreateTableReplica",
  "Query",
  "Scan",
  "UpdateItem",
  "PutItem",
  "GetItem",
  "DeleteItem",
  "BatchWriteItem",
].map((action) => `dynamodb:${action}`);
const allow = (actions: readonly string[], region: string) => ({
  Effect: "Allow",
  Action: actions,
  Resource: arn(region),
});

/** Adds or deletes a replica as a user who may do just that. */
async function changeAs(name: string, action: "Create" | "Delete", ...allows: object[]) {
  const client = new DynamoDBClient(user(name, { account, allows }));
  const ReplicaUpdates = [{ [action]: { RegionName: AWAY } }];
  const told = await outcome(client.send(new UpdateTableCommand({ TableName, ReplicaUpdates })));
  client.destroy();
  return told;
}
const denied = (told: string | string[]) => (told as string[])[0] === "AccessDeniedException";

behaviour("who may change the table alone cannot add a replica", iam, async () => {
  expect(denied(await changeAs("a", "Create", allow(["dynamodb:UpdateTable"], HOME)))).toBe(true);
});

for (const [at, action] of MAKING.entries())
  behaviour(`to add a replica takes ${action} in its Region`, iam, async () => {
    const others = MAKING.filter((one) => one !== action);
    const told = await changeAs(
      `b${at}`,
      "Create",
      allow(["dynamodb:UpdateTable"], HOME),
      allow(others, AWAY),
    );
    expect(denied(told)).toBe(true);
  });

behaviour("with all of them a replica is added", iam, async () => {
  expect(await changeAs("c", "Create", allow(["dynamodb:UpdateTable"], HOME), allow(MAKING, AWAY))).toBe(
    "accepted",
  );
});

behaviour("who may change the table alone cannot delete a replica", iam, async () => {
  await settle();
  expect(denied(await changeAs("d", "Delete", allow(["dynamodb:UpdateTable"], HOME)))).toBe(true);
});

for (const action of ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"])
  behaviour(`to delete a replica takes ${action} in its Region`, iam, async () => {
    const other = ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"].filter((one) => one !== action);
    const told = await changeAs(
      action.slice(-5),
      "Delete",
      allow(["dynamodb:UpdateTable"], HOME),
      allow(other, AWAY),
    );
    expect(denied(told)).toBe(true);
  });

behaviour("with both a replica is deleted", iam, async () => {
  const both = ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"];
  await changeAs("e", "Delete", allow(["dynamodb:UpdateTable"], HOME), allow(both, AWAY));
  expect(await statuses()).toEqual([[AWAY, "DELETING"]]);
});
