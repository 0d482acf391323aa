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

const ACTIONS_TO_CREATE = [
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

/** Adds or deletes a replica as a user with exactly the given permissions. */
async function changeAs(name: string, action: "Create" | "Delete", ...allows: object[]) {
  const client = new DynamoDBClient(user(name, { account, allows }));
  const ReplicaUpdates = [{ [action]: { RegionName: AWAY } }];
  const result = await outcome(client.send(new UpdateTableCommand({ TableName, ReplicaUpdates })));
  client.destroy();
  return result;
}
const denied = (result: string | string[]) => (result as string[])[0] === "AccessDeniedException";

behaviour("UpdateTable alone does not permit adding a replica", iam, async () => {
  expect(denied(await changeAs("a", "Create", allow(["dynamodb:UpdateTable"], HOME)))).toBe(true);
});

for (const [at, action] of ACTIONS_TO_CREATE.entries())
  behaviour(`adding a replica requires ${action} in its Region`, iam, async () => {
    const others = ACTIONS_TO_CREATE.filter((one) => one !== action);
    const result = await changeAs(
      `b${at}`,
      "Create",
      allow(["dynamodb:UpdateTable"], HOME),
      allow(others, AWAY),
    );
    expect(denied(result)).toBe(true);
  });

behaviour("all permissions together permit adding a replica", iam, async () => {
  expect(
    await changeAs("c", "Create", allow(["dynamodb:UpdateTable"], HOME), allow(ACTIONS_TO_CREATE, AWAY)),
  ).toBe("accepted");
});

behaviour("UpdateTable alone does not permit deleting a replica", iam, async () => {
  await settle();
  expect(denied(await changeAs("d", "Delete", allow(["dynamodb:UpdateTable"], HOME)))).toBe(true);
});

for (const action of ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"])
  behaviour(`deleting a replica requires ${action} in its Region`, iam, async () => {
    const other = ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"].filter((one) => one !== action);
    const result = await changeAs(
      action.slice(-5),
      "Delete",
      allow(["dynamodb:UpdateTable"], HOME),
      allow(other, AWAY),
    );
    expect(denied(result)).toBe(true);
  });

behaviour("both permissions together permit deleting a replica", iam, async () => {
  const both = ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"];
  await changeAs("e", "Delete", allow(["dynamodb:UpdateTable"], HOME), allow(both, AWAY));
  expect(await statuses()).toEqual([[AWAY, "DELETING"]]);
});

/** Creates or deletes a replica and a witness as a user who may do all that a replica requires, and something more. */
async function watchAs(name: string, action: "Create" | "Delete", actions: string[], ...more: object[]) {
  const table = "watched";
  const on = (region: string, Action: string[]) => ({
    Effect: "Allow",
    Action,
    Resource: `arn:aws:dynamodb:${region}:${account}:table/${table}`,
  });
  const allows = [on(HOME, ["dynamodb:UpdateTable"]), on(AWAY, actions), ...more];
  const client = new DynamoDBClient(user(name, { account, allows }));
  const result = await outcome(
    client.send(
      new UpdateTableCommand({
        TableName: table,
        ...(action === "Create" && { MultiRegionConsistency: "STRONG" }),
        ReplicaUpdates: [{ [action]: { RegionName: AWAY } }],
        GlobalTableWitnessUpdates: [{ [action]: { RegionName: WITNESS } }],
      }),
    ),
  );
  client.destroy();
  return result;
}
const WITNESS = "eu-central-1";
const witnessed = (action: string, ...regions: string[]) =>
  regions.map((region) => ({
    Effect: "Allow",
    Action: `dynamodb:${action}`,
    Resource: `arn:aws:dynamodb:${region}:${account}:table/watched`,
  }));
const security = guide("globaltables-security");

behaviour("creating a witness requires CreateGlobalTableWitness in all Regions", security, async () => {
  await create("watched");
  const all = [HOME, AWAY, WITNESS];
  for (const [at, region] of all.entries()) {
    const others = all.filter((one) => one !== region);
    const some = witnessed("CreateGlobalTableWitness", ...others);
    expect(denied(await watchAs(`f${at}`, "Create", ACTIONS_TO_CREATE, ...some))).toBe(true);
  }
  const each = witnessed("CreateGlobalTableWitness", ...all);
  expect(await watchAs("g", "Create", ACTIONS_TO_CREATE, ...each)).toBe("accepted");
});

behaviour("deleting a witness requires DeleteGlobalTableWitness in all Regions", security, async () => {
  await settle();
  const actions = ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"];
  const some = witnessed("DeleteGlobalTableWitness", HOME, AWAY);
  expect(denied(await watchAs("h", "Delete", actions, ...some))).toBe(true);
  const each = witnessed("DeleteGlobalTableWitness", HOME, AWAY, WITNESS);
  expect(await watchAs("i", "Delete", actions, ...each)).toBe("accepted");
});
