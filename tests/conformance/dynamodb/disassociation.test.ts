import {
  DescribeTimeToLiveCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, N, S } from "./client.ts";
import { AWAY, HOME, outcome, regionsOn, THIRD } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "apart";
const { at, create, change, add, describe, put, get, settle } = regionsOn(cloud, TableName);

const source = guide("globaltables-disassociate");
const update = api("UpdateTable");

const disassociation = (RegionName: string): Partial<UpdateTableCommandInput> => ({
  ReplicaUpdates: [{ Disassociate: { RegionName, DisassociationMode: "WAIT_FOR_REPLICATION" } }],
});
const disassociate = (region: string, name = TableName) => change(disassociation(region), name, region);
const protect = (isProtected: boolean, region: string, name = TableName) =>
  change({ DisassociationProtectionEnabled: isProtected }, name, region);
const refusal = async (promise: Promise<unknown>) => (await outcome(promise))[0];

/** A global table in two or three Regions. */
async function globalTable(name: string, ...regions: string[]): Promise<void> {
  await create(name);
  for (const region of regions) {
    await add(region, name);
    await settle();
  }
}

beforeAll(() => globalTable(TableName, AWAY, THIRD));

behaviour("a replica is protected against disassociation by default", source, async () => {
  expect((await describe(TableName, AWAY)).DisassociationProtectionEnabled).toBe(true);
  expect(await refusal(disassociate(AWAY))).toBe("ValidationException");
});
behaviour("the protection is a setting of one replica", update, async () => {
  const { TableDescription } = await protect(false, AWAY);
  expect(TableDescription!.DisassociationProtectionEnabled).toBe(false);
  expect((await describe(TableName, AWAY)).DisassociationProtectionEnabled).toBe(false);
  expect((await describe(TableName, HOME)).DisassociationProtectionEnabled).toBe(true);
  await protect(true, AWAY);
  expect((await describe(TableName, AWAY)).DisassociationProtectionEnabled).toBe(true);
  await protect(false, AWAY);
});
behaviour("the protection cannot be changed together with anything else", update, async () => {
  const both = { DisassociationProtectionEnabled: true, DeletionProtectionEnabled: true };
  expect(await refusal(change(both, TableName, AWAY))).toBe("ValidationException");
  const withReplica = { ...disassociation(AWAY), DisassociationProtectionEnabled: true };
  expect(await refusal(change(withReplica, TableName, AWAY))).toBe("ValidationException");
});
behaviour(
  "a replica is disassociated by a request in its own Region",
  api("DisassociateReplicationGroupMemberAction"),
  async () => {
    expect(await refusal(change(disassociation(AWAY), TableName, HOME))).toBe("ValidationException");
  },
);
behaviour(
  "a disassociation is the only replica update of its request",
  api("ReplicationGroupUpdate"),
  async () => {
    const [first] = disassociation(AWAY).ReplicaUpdates!;
    const several = {
      ReplicaUpdates: [first!, { Update: { RegionName: HOME, TableClassOverride: "STANDARD" as const } }],
    };
    expect(await refusal(change(several, TableName, AWAY))).toBe("ValidationException");
  },
);
behaviour(
  "the mode of a disassociation is required",
  api("DisassociateReplicationGroupMemberAction"),
  async () => {
    const ReplicaUpdates = [{ Disassociate: { RegionName: AWAY } as never }];
    expect(await refusal(at(AWAY).send(new UpdateTableCommand({ TableName, ReplicaUpdates })))).toBe(
      "ValidationException",
    );
  },
);
behaviour("an ordinary table has no protection and cannot be disassociated", source, async () => {
  await create("alone");
  expect((await describe("alone")).DisassociationProtectionEnabled).toBeUndefined();
  expect(await refusal(protect(false, HOME, "alone"))).toBe("ValidationException");
  expect(await refusal(disassociate(HOME, "alone"))).toBe("ValidationException");
});

behaviour(
  "of three replicas, the disassociated one becomes a table of its own with its data",
  source,
  async () => {
    await put({ p: S("before"), s: N(1), x: S("home") });
    await put({ p: S("own"), s: N(1), x: S("away") }, AWAY);
    const { TableDescription } = await disassociate(AWAY);
    expect(TableDescription!.TableStatus).toBe("UPDATING");
    expect((await describe(TableName, AWAY)).TableStatus).toBe("UPDATING");
    await settle();
    const apart = await describe(TableName, AWAY);
    expect(apart).toMatchObject({
      TableStatus: "ACTIVE",
      TableArn: `arn:aws:dynamodb:${AWAY}:000000000000:table/${TableName}`,
    });
    for (const member of ["Replicas", "GlobalTableVersion", "DisassociationProtectionEnabled"] as const)
      expect(apart[member]).toBeUndefined();
    expect(await get("before", AWAY)).toMatchObject({ x: S("home") });
    // Pending replication completes first.
    expect(await get("own", HOME)).toMatchObject({ x: S("away") });
    expect(await get("own", THIRD)).toMatchObject({ x: S("away") });
  },
);
behaviour("the remaining replicas continue as a global table", source, async () => {
  expect((await describe()).Replicas).toMatchObject([{ RegionName: THIRD, ReplicaStatus: "ACTIVE" }]);
  await put({ p: S("after"), s: N(1), x: S("third") }, THIRD);
  await put({ p: S("after-away"), s: N(1), x: S("away") }, AWAY);
  await settle();
  expect(await get("after", HOME)).toMatchObject({ x: S("third") });
  expect(await get("after", AWAY)).toBeUndefined();
  expect(await get("after-away", HOME)).toBeUndefined();
});
behaviour("of two replicas, both become tables of their own", source, async () => {
  await protect(false, HOME);
  await disassociate(HOME);
  await settle();
  for (const region of [HOME, THIRD]) {
    const table = await describe(TableName, region);
    expect([table.TableStatus, table.Replicas, table.GlobalTableVersion]).toEqual([
      "ACTIVE",
      undefined,
      undefined,
    ]);
    expect(await get("after", region)).toMatchObject({ x: S("third") });
  }
});
behaviour("the table retains its settings", source, async () => {
  const name = "keeps";
  await globalTable(name, AWAY);
  await change(
    { ReplicaUpdates: [{ Update: { RegionName: AWAY, TableClassOverride: "STANDARD_INFREQUENT_ACCESS" } }] },
    name,
  );
  await settle();
  const TimeToLiveSpecification = { AttributeName: "ttl", Enabled: true };
  await at(HOME).send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
  await settle();
  const before = await describe(name, AWAY);
  await protect(false, AWAY, name);
  await disassociate(AWAY, name);
  await settle();
  const after = await describe(name, AWAY);
  for (const member of [
    "TableId",
    "StreamSpecification",
    "LatestStreamArn",
    "BillingModeSummary",
    "TableClassSummary",
  ] as const)
    expect(after[member]).toEqual(before[member]);
  expect(after.TableClassSummary!.TableClass).toBe("STANDARD_INFREQUENT_ACCESS");
  const { TimeToLiveDescription } = await at(AWAY).send(new DescribeTimeToLiveCommand({ TableName: name }));
  expect(TimeToLiveDescription).toEqual({ AttributeName: "ttl", TimeToLiveStatus: "ENABLED" });
  expect((await describe(name, HOME)).TableClassSummary).toBeUndefined();
});
