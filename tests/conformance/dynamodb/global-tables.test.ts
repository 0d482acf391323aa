import {
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
  QueryCommand,
  ScanCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, N, S } from "./client.ts";
import { AWAY, HOME, invalid, outcome, regionsOn, THIRD } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "everywhere";
const { at, create, change, add, drop, describe, put, get, settle, statuses } = regionsOn(cloud, TableName);

const concepts = guide("globaltables-CoreConcepts");
const how = guide("V2globaltables_HowItWorks");
const tutorial = guide("V2globaltables.tutorial");
const update = api("UpdateTable");

beforeAll(async () => {
  await create(TableName, HOME, { Tags: [{ Key: "team", Value: "home" }] });
  await put({ p: S("before"), s: N(1), x: S("old") });
});

behaviour("a table in one Region has no replica settings", api("TableDescription"), async () => {
  const described = await describe();
  expect(described.GlobalTableVersion).toBeUndefined();
  expect(described.Replicas).toBeUndefined();
  expect(described.GlobalTableSettingsReplicationMode).toBeUndefined();
});

behaviour("UpdateTable adds a replica, and the table is UPDATING meanwhile", update, async () => {
  const { TableDescription: described } = await add(AWAY);
  expect(described).toMatchObject({ TableStatus: "UPDATING", GlobalTableVersion: "2019.11.21" });
  expect(await describe()).toMatchObject({
    TableStatus: "UPDATING",
    Replicas: [{ RegionName: AWAY, ReplicaStatus: "CREATING" }],
  });
});

behaviour("the first replica enables a stream with new and old images", how, async () => {
  expect((await describe()).StreamSpecification).toEqual({
    StreamEnabled: true,
    StreamViewType: "NEW_AND_OLD_IMAGES",
  });
});

behaviour("UpdateTable is refused while a replica is being created", update, async () => {
  const busy = ["ResourceInUseException", "The resource which you are attempting to change is in use."];
  expect(await outcome(add(THIRD))).toEqual(busy);
  expect(await outcome(drop(AWAY))).toEqual(busy);
  expect(await outcome(change({ DeletionProtectionEnabled: true }))).toEqual(busy);
});

behaviour("a replica that is being created can be described but not used", how, async () => {
  await cloud.advance(1_000);
  expect(await describe(TableName, AWAY)).toMatchObject({
    TableStatus: "CREATING",
    GlobalTableVersion: "2019.11.21",
    Replicas: [{ RegionName: HOME, ReplicaStatus: "ACTIVE" }],
  });
  const notThere = [
    "ResourceNotFoundException",
    `Requested resource not found: Table: ${TableName} not found`,
  ];
  const away = at(AWAY);
  expect(await outcome(change({ DeletionProtectionEnabled: true }, TableName, AWAY))).toEqual(notThere);
  expect(await outcome(away.send(new DescribeTimeToLiveCommand({ TableName })))).toEqual(notThere);
  expect((await outcome(get("before", AWAY)))[0]).toBe("ResourceNotFoundException");
  expect(await outcome(away.send(new DescribeContinuousBackupsCommand({ TableName })))).toEqual([
    "TableNotFoundException",
    `Table not found: ${TableName}`,
  ]);
  expect(await outcome(away.send(new DeleteTableCommand({ TableName })))).toEqual([
    "ResourceInUseException",
    `Attempt to change a resource which is still in use: Table: ${TableName} is being used.`,
  ]);
  expect(await outcome(add(THIRD, TableName, AWAY))).toEqual(
    invalid(
      `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: ${TableName} in region ${AWAY}`,
    ),
  );
});

behaviour("items written while a replica is being created are replicated to it", concepts, async () => {
  await put({ p: S("meanwhile"), s: N(1) });
  await settle();
  expect(await get("meanwhile", AWAY)).toEqual({ p: S("meanwhile"), s: N(1) });
});

behaviour("the replica and the table become ACTIVE", api("ReplicaDescription"), async () => {
  expect((await describe()).TableStatus).toBe("ACTIVE");
  expect(await statuses()).toEqual([[AWAY, "ACTIVE"]]);
});

behaviour("each replica describes the others, not itself", tutorial, async () => {
  expect(await statuses(TableName, AWAY)).toEqual([[HOME, "ACTIVE"]]);
  const described = await describe(TableName, AWAY);
  expect(described.GlobalTableVersion).toBe("2019.11.21");
  expect(described.GlobalTableSettingsReplicationMode).toBe("ENABLED_WITH_OVERRIDES");
});

behaviour("a replica has the same name and keys, and its own ARN, id and stream", concepts, async () => {
  const [here, there] = [await describe(), await describe(TableName, AWAY)];
  for (const member of ["TableName", "KeySchema", "AttributeDefinitions", "StreamSpecification"] as const)
    expect(there[member]).toEqual(here[member]);
  expect(there.TableArn).toBe(`arn:aws:dynamodb:${AWAY}:000000000000:table/${TableName}`);
  expect(there.TableId).not.toBe(here.TableId);
  expect(there.LatestStreamArn).toContain(`:${AWAY}:`);
});

behaviour("existing items are copied to a new replica", concepts, async () => {
  expect(await get("before", AWAY)).toEqual({ p: S("before"), s: N(1), x: S("old") });
});

behaviour("a write in one Region is replicated to the other", concepts, async () => {
  await put({ p: S("there"), s: N(1), b: { B: Buffer.from("z") }, l: { L: [N(1), { NULL: true }] } });
  await settle();
  expect(await get("there", AWAY)).toEqual(await get("there"));
});

behaviour("a write in the replica is replicated back", concepts, async () => {
  await put({ p: S("back"), s: N(1) }, AWAY);
  await settle();
  expect(await get("back")).toEqual({ p: S("back"), s: N(1) });
});

behaviour("an update of a replicated item is replicated", concepts, async () => {
  await at(AWAY).send(
    new UpdateItemCommand({
      TableName,
      Key: { p: S("there"), s: N(1) },
      UpdateExpression: "SET n = :n REMOVE l",
      ExpressionAttributeValues: { ":n": N(7) },
    }),
  );
  await settle();
  expect(await get("there")).toMatchObject({ n: N(7) });
  expect(await get("there")).toEqual(await get("there", AWAY));
});

behaviour("a deletion is replicated", concepts, async () => {
  await at(HOME).send(new DeleteItemCommand({ TableName, Key: { p: S("back"), s: N(1) } }));
  await settle();
  expect(await get("back", AWAY)).toBeUndefined();
});

behaviour("of two concurrent writes the later one wins in both Regions", concepts, async () => {
  await put({ p: S("raced"), s: N(1), x: S("first") }, AWAY);
  await cloud.advance(5);
  await put({ p: S("raced"), s: N(1), x: S("second") });
  await settle();
  expect(await get("raced")).toMatchObject({ x: S("second") });
  expect(await get("raced", AWAY)).toMatchObject({ x: S("second") });
});

behaviour("a transaction is atomic in its own Region, and its items are replicated", how, async () => {
  const writes = ["t1", "t2"].map((p) => ({ Put: { TableName, Item: { p: S(p), s: N(1) } } }));
  await at(HOME).send(new TransactWriteItemsCommand({ TransactItems: writes }));
  await settle();
  expect([await get("t1", AWAY), await get("t2", AWAY)]).toMatchObject([{ p: S("t1") }, { p: S("t2") }]);
});

/** The stream records of an item in one Region. */
async function recordsOf(p: string, region: string) {
  const streams = new DynamoDBStreamsClient(cloud.client({ region }));
  const { LatestStreamArn: StreamArn } = await describe(TableName, region);
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({
      StreamArn,
      ShardId: StreamDescription!.Shards![0]!.ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator }));
  streams.destroy();
  return Records!.filter(({ dynamodb }) => dynamodb!.Keys!.p!.S === p);
}
const namesOf = async (p: string, region: string) =>
  (await recordsOf(p, region)).map(({ eventName }) => eventName);

behaviour("the stream of a replica contains replicated changes", how, async () => {
  expect(await namesOf("there", AWAY)).toEqual(["INSERT", "MODIFY"]);
  expect(await namesOf("back", AWAY)).toEqual(["INSERT", "REMOVE"]);
  expect((await recordsOf("there", AWAY))[0]!.awsRegion).toBe(AWAY);
});

behaviour("tags are not replicated", how, async () => {
  const tagsAt = async (region: string) => {
    const ResourceArn = `arn:aws:dynamodb:${region}:000000000000:table/${TableName}`;
    return (await at(region).send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags;
  };
  expect(await tagsAt(AWAY)).toEqual([]);
  await at(AWAY).send(
    new TagResourceCommand({
      ResourceArn: `arn:aws:dynamodb:${AWAY}:000000000000:table/${TableName}`,
      Tags: [{ Key: "team", Value: "away" }],
    }),
  );
  await settle();
  expect(await tagsAt(HOME)).toEqual([{ Key: "team", Value: "home" }]);
});

behaviour("an index added in one Region is added in all, with its items", how, async () => {
  await put({ p: S("indexed"), s: N(1), g: S("here") });
  await change({
    AttributeDefinitions: [{ AttributeName: "g", AttributeType: "S" }],
    GlobalSecondaryIndexUpdates: [
      {
        Create: {
          IndexName: "by-g",
          KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      },
    ],
  });
  await settle();
  const { Items } = await at(AWAY).send(
    new QueryCommand({
      TableName,
      IndexName: "by-g",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": S("here") },
    }),
  );
  expect(Items).toMatchObject([{ p: S("indexed") }]);
  expect((await describe()).Replicas![0]!.GlobalSecondaryIndexes).toMatchObject([{ IndexName: "by-g" }]);
});

behaviour("an index deleted in one Region is deleted in all", how, async () => {
  await change({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-g" } }] }, TableName, AWAY);
  await settle();
  expect((await describe()).GlobalSecondaryIndexes).toBeUndefined();
  expect((await describe()).AttributeDefinitions).toHaveLength(2);
});

behaviour("time to live is set in all Regions", how, async () => {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "until" };
  await at(AWAY).send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  await settle();
  const { TimeToLiveDescription } = await at(HOME).send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "until" });
});

behaviour("an expired item is deleted in all Regions", how, async () => {
  const soon = Math.floor(Date.now() / 1_000) + 60;
  await put({ p: S("expiring"), s: N(1), until: N(soon) });
  await settle();
  expect(await get("expiring", AWAY)).toBeDefined();
  await cloud.advance(3_600_000);
  expect([await get("expiring"), await get("expiring", AWAY)]).toEqual([undefined, undefined]);
});

behaviour(
  "a deletion by time to live has the service's identity only in the stream of its own Region",
  guide("time-to-live-ttl-streams"),
  async () => {
    const whoAt = async (region: string) => (await recordsOf("expiring", region)).at(-1)!.userIdentity;
    expect(await whoAt(AWAY)).toEqual({ Type: "Service", PrincipalId: "dynamodb.amazonaws.com" });
    expect(await whoAt(HOME)).toBeUndefined();
  },
);

behaviour("the stream of a replica can be neither disabled nor enabled again", how, async () => {
  for (const region of [HOME, AWAY]) {
    expect(
      await outcome(change({ StreamSpecification: { StreamEnabled: false } }, TableName, region)),
    ).toEqual([
      "ValidationException",
      "One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.",
    ]);
    expect(
      await outcome(
        change(
          { StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } },
          TableName,
          region,
        ),
      ),
    ).toEqual(["ValidationException", `Table already has an enabled stream: TableName: ${TableName}`]);
  }
});

behaviour("a third replica can be added in the Region of any replica", tutorial, async () => {
  await add(THIRD, TableName, AWAY);
  expect((await outcome(add("eu-west-2")))[0]).toBe("ResourceInUseException");
  await settle();
  expect(await statuses()).toEqual([
    [AWAY, "ACTIVE"],
    [THIRD, "ACTIVE"],
  ]);
  expect(await statuses(TableName, THIRD)).toEqual([
    [AWAY, "ACTIVE"],
    [HOME, "ACTIVE"],
  ]);
  expect(await get("before", THIRD)).toMatchObject({ x: S("old") });
});

behaviour("a write is replicated to two other Regions", concepts, async () => {
  await put({ p: S("three"), s: N(1) }, THIRD);
  await settle();
  for (const region of [HOME, AWAY]) expect(await get("three", region)).toMatchObject({ p: S("three") });
});

behaviour("a replica can have its own table class", api("UpdateReplicationGroupMemberAction"), async () => {
  const Update = { RegionName: THIRD, TableClassOverride: "STANDARD_INFREQUENT_ACCESS" as const };
  await change({ ReplicaUpdates: [{ Update }] });
  expect(await statuses()).toContainEqual([THIRD, "UPDATING"]);
  await settle();
  const described = (await describe()).Replicas!.find(({ RegionName }) => RegionName === THIRD)!;
  expect(described).toMatchObject({
    ReplicaStatus: "ACTIVE",
    ReplicaTableClassSummary: { TableClass: "STANDARD_INFREQUENT_ACCESS" },
  });
  expect((await describe(TableName, THIRD)).TableClassSummary).toEqual({
    TableClass: "STANDARD_INFREQUENT_ACCESS",
  });
  expect((await describe()).TableClassSummary).toBeUndefined();
});

behaviour(
  "a replica can have its own maximum read throughput",
  api("UpdateReplicationGroupMemberAction"),
  async () => {
    const Update = { RegionName: THIRD, OnDemandThroughputOverride: { MaxReadRequestUnits: 50 } };
    await change({ ReplicaUpdates: [{ Update }] });
    await settle();
    const described = (await describe()).Replicas!.find(({ RegionName }) => RegionName === THIRD)!;
    expect(described.OnDemandThroughputOverride).toEqual({ MaxReadRequestUnits: 50 });
    expect((await describe(TableName, THIRD)).OnDemandThroughput).toMatchObject({ MaxReadRequestUnits: 50 });
  },
);

behaviour("a replica is refused where a table of the same name exists", tutorial, async () => {
  await create("taken");
  await create("taken", AWAY);
  expect(await outcome(add(AWAY, "taken"))).toEqual(
    invalid(
      "Failed to create a the new replica of table with name: ‘taken’ because one or more replicas already existed as tables.",
    ),
  );
});

behaviour(
  "a table with provisioned writes needs auto scaling before it has replicas",
  guide("V2globaltables_reqs_bestpractices"),
  async () => {
    await create("scaled", HOME, {
      BillingMode: "PROVISIONED",
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    });
    expect(await outcome(add(AWAY, "scaled"))).toEqual(
      invalid("Table write capacity should either be Pay-Per-Request or AutoScaled."),
    );
  },
);

behaviour("an existing stream is kept, and the replica has one of the same type", how, async () => {
  await create("streamed", HOME, {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  await add(AWAY, "streamed");
  await settle();
  for (const region of [HOME, AWAY])
    expect((await describe("streamed", region)).StreamSpecification!.StreamViewType).toBe("NEW_IMAGE");
});

behaviour("deletion protection is set per replica and prevents both ways of deletion", how, async () => {
  await change({ DeletionProtectionEnabled: true }, "streamed", AWAY);
  await settle();
  expect((await describe("streamed")).DeletionProtectionEnabled).toBe(false);
  const described = invalid(
    `Cannot delete table streamed in region ${AWAY} because it has deletion protection enabled. Disable deletion protection first.`,
  );
  expect(await outcome(drop(AWAY, "streamed"))).toEqual(described);
  expect(await outcome(at(AWAY).send(new DeleteTableCommand({ TableName: "streamed" })))).toEqual(described);
  await change({ DeletionProtectionEnabled: false }, "streamed", AWAY);
});

const sourceIsRecent = invalid(
  "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.",
);
behaviour("a table that was the source of a replica in the last 24 hours is not deleted", how, async () => {
  expect(await outcome(at(HOME).send(new DeleteTableCommand({ TableName: "streamed" })))).toEqual(
    sourceIsRecent,
  );
  expect(await outcome(drop(AWAY))).toEqual(sourceIsRecent);
});

behaviour("DeleteTable in a replica's Region deletes the replica", tutorial, async () => {
  const { TableDescription } = await at(AWAY).send(new DeleteTableCommand({ TableName: "streamed" }));
  expect(TableDescription).toMatchObject({ TableStatus: "DELETING" });
  expect((await outcome(put({ p: S("late"), s: N(1) }, AWAY, "streamed")))[0]).toBe(
    "ResourceNotFoundException",
  );
  await settle();
  expect((await outcome(describe("streamed", AWAY)))[0]).toBe("ResourceNotFoundException");
});

behaviour("a table is a single-Region table again after its last replica is deleted", how, async () => {
  const described = await describe("streamed");
  expect([described.TableStatus, described.GlobalTableVersion, described.Replicas]).toEqual([
    "ACTIVE",
    undefined,
    undefined,
  ]);
  expect(described.StreamSpecification).toMatchObject({ StreamEnabled: true });
  await at(HOME).send(new DeleteTableCommand({ TableName: "streamed" }));
});

behaviour("a replica that is deleted by UpdateTable is DELETING and then removed", tutorial, async () => {
  const last = { p: S("last"), s: N(1) };
  await put(last, THIRD);
  await drop(THIRD);
  expect(await statuses()).toContainEqual([THIRD, "DELETING"]);
  await settle();
  expect(await statuses()).toEqual([[AWAY, "ACTIVE"]]);
  expect(await statuses(TableName, AWAY)).toEqual([[HOME, "ACTIVE"]]);
  expect((await outcome(describe(TableName, THIRD)))[0]).toBe("ResourceNotFoundException");
});

behaviour("writes in a replica before its deletion are replicated", concepts, async () => {
  for (const region of [HOME, AWAY]) expect(await get("last", region)).toMatchObject({ p: S("last") });
});

behaviour("a deleted replica can be added again, with all items", tutorial, async () => {
  await add(THIRD);
  await settle();
  const count = async (region: string) =>
    (await at(region).send(new ScanCommand({ TableName, Select: "COUNT" }))).Count;
  expect(await count(THIRD)).toBe(await count(HOME));
});

behaviour("a source of replicas can be deleted after a day", how, async () => {
  await cloud.advance(25 * 3_600_000);
  await at(HOME).send(new DeleteTableCommand({ TableName }));
  await settle();
  expect((await outcome(describe()))[0]).toBe("ResourceNotFoundException");
  expect(await statuses(TableName, AWAY)).toEqual([[THIRD, "ACTIVE"]]);
});
