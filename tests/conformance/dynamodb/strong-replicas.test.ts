import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
  TagResourceCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, measured, N, S } from "./client.ts";
import { invalid, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const [HOME, SECOND, THIRD] = ["us-east-1", "us-east-2", "us-west-2"] as const;
const [TableName, WATCHED] = ["strong", "watched"];
const { at, create, change, describe, put, get, settle, statuses } = regionsOn(cloud, TableName);

const how = guide("V2globaltables_HowItWorks");
const groups = measured("table-global-tables");

type Change = Partial<UpdateTableCommandInput>;
const creates = (...regions: string[]) => regions.map((RegionName) => ({ Create: { RegionName } }));
const deletes = (...regions: string[]) => regions.map((RegionName) => ({ Delete: { RegionName } }));
const strong = (...regions: string[]): Change => ({
  MultiRegionConsistency: "STRONG",
  ReplicaUpdates: creates(...regions),
});
const watched = (region: string, witness: string): Change => ({
  ...strong(region),
  GlobalTableWitnessUpdates: creates(witness),
});
const notSupported = /not supported for global tables with MultiRegionConsistency set to STRONG\.$/;

beforeAll(async () => {
  await create("plain");
  await create(TableName);
  await create(WATCHED);
});

const REFUSED: [what: string, input: Change, message: string][] = [
  [
    "one other Region",
    strong(SECOND),
    "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.",
  ],
  [
    "three other Regions",
    strong(SECOND, THIRD, "eu-west-1"),
    "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.",
  ],
  [
    "a witness without strong consistency",
    { ...watched(SECOND, THIRD), MultiRegionConsistency: "EVENTUAL" },
    "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.",
  ],
  [
    "a witness in a replica's Region",
    watched(SECOND, SECOND),
    "Cannot target multiple regions with the same action",
  ],
  [
    "a witness in the table's own Region",
    watched(SECOND, HOME),
    "Cannot add a witness in the same region as an existing replica when creating a global table with MultiRegionConsistency set to STRONG.",
  ],
  [
    "a Region that does not have it",
    watched("us-west-1", THIRD),
    "Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [us-west-1].",
  ],
  [
    "a Region that does not have it for a replica and the witness",
    watched("us-west-1", "us-west-1"),
    "Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [us-west-1].",
  ],
  [
    "another change in the same request",
    { ...strong(SECOND, THIRD), DeletionProtectionEnabled: true },
    "Requests that modify replicas or witnesses must not also modify other fields",
  ],
];
for (const [what, input, message] of REFUSED)
  behaviour(`strong consistency is refused with ${what}`, groups, async () => {
    expect(await outcome(change(input, "plain"))).toEqual(invalid(message));
  });

behaviour("strong consistency is refused with other actions than Create", api("UpdateTable"), async () => {
  const [created, deleted] = [creates(SECOND)[0]!, deletes(SECOND)[0]!];
  for (const input of [
    { ...strong(THIRD), ReplicaUpdates: [{ ...created, ...deleted }, ...creates(THIRD)] },
    { ...strong(SECOND, THIRD), GlobalTableWitnessUpdates: deletes("eu-west-1") },
    { ...strong(SECOND, THIRD), GlobalTableWitnessUpdates: [{}] },
  ])
    expect(await outcome(change(input, "plain"))).toEqual(
      invalid("Only Replica Create actions are supported when MultiRegionConsistency parameter is provided."),
    );
});

behaviour("two replicas without strong consistency are not created in one request", groups, async () => {
  expect(await outcome(change({ ReplicaUpdates: creates(SECOND, THIRD) }, "plain"))).toEqual(
    invalid("Update table operation with more than one create or delete replica actions not allowed"),
  );
});

behaviour("a table that contains data, local indexes or Time to Live cannot be made one", how, async () => {
  await create("full");
  await put({ p: S("a"), s: N(1) }, HOME, "full");
  await create("expiring");
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "until" };
  await at(HOME).send(new UpdateTimeToLiveCommand({ TableName: "expiring", TimeToLiveSpecification }));
  await at(HOME).send(
    new CreateTableCommand({
      TableName: "indexed",
      AttributeDefinitions: ["p", "s", "l"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "s", KeyType: "RANGE" },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: "by-l",
          KeySchema: [
            { AttributeName: "p", KeyType: "HASH" },
            { AttributeName: "l", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  for (const name of ["full", "expiring", "indexed"])
    expect(await outcome(change(strong(SECOND, THIRD), name))).toEqual(
      invalid(expect.stringMatching(notSupported)),
    );
});

behaviour("UpdateTable creates two replicas at once", groups, async () => {
  const { TableDescription: described } = await change(strong(SECOND, THIRD));
  expect(described).toMatchObject({
    TableStatus: "UPDATING",
    MultiRegionConsistency: "STRONG",
    GlobalTableVersion: "2019.11.21",
  });
  await settle();
  for (const region of [HOME, SECOND, THIRD]) {
    expect(await describe(TableName, region)).toMatchObject({
      TableStatus: "ACTIVE",
      MultiRegionConsistency: "STRONG",
      GlobalTableVersion: "2019.11.21",
      GlobalTableSettingsReplicationMode: "ENABLED_WITH_OVERRIDES",
    });
    const others = [HOME, SECOND, THIRD].filter((one) => one !== region);
    expect((await statuses(TableName, region))?.sort()).toEqual(others.map((one) => [one, "ACTIVE"]).sort());
    expect((await describe(TableName, region)).GlobalTableWitnesses).toBeUndefined();
  }
});

behaviour("UpdateTable creates a replica and a witness", groups, async () => {
  await change(watched(SECOND, THIRD), WATCHED);
  expect((await describe(WATCHED)).GlobalTableWitnesses).toEqual([
    { RegionName: THIRD, WitnessStatus: "CREATING" },
  ]);
  await settle();
  for (const region of [HOME, SECOND]) {
    const described = await describe(WATCHED, region);
    expect(described).toMatchObject({ TableStatus: "ACTIVE", MultiRegionConsistency: "STRONG" });
    expect(described.GlobalTableWitnesses).toEqual([{ RegionName: THIRD, WitnessStatus: "ACTIVE" }]);
    expect(described.Replicas).toHaveLength(1);
  }
});

behaviour("a witness is no table, and its Region can have one of the same name", groups, async () => {
  const there = at(THIRD);
  const missing = await outcome(there.send(new DescribeTableCommand({ TableName: WATCHED })));
  expect(missing[0]).toBe("ResourceNotFoundException");
  expect((await there.send(new ListTablesCommand({}))).TableNames).not.toContain(WATCHED);
  await create(WATCHED, THIRD);
  await put({ p: S("own"), s: N(1) }, THIRD, WATCHED);
  expect(await get("own", HOME, WATCHED)).toBeUndefined();
});

behaviour("the Regions may be on several continents", groups, async () => {
  await create("worldwide");
  await change(strong("eu-west-1", "ap-northeast-1"), "worldwide");
  await settle();
  expect((await describe("worldwide", "eu-west-1")).MultiRegionConsistency).toBe("STRONG");
});

behaviour("the first replica enables no stream, and each replica has its own", how, async () => {
  expect((await describe()).StreamSpecification).toBeUndefined();
  await change(
    { StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } },
    TableName,
    SECOND,
  );
  expect((await describe(TableName, SECOND)).StreamSpecification?.StreamViewType).toBe("KEYS_ONLY");
  await settle();
  expect((await describe(TableName, HOME)).StreamSpecification).toBeUndefined();
  await change({ StreamSpecification: { StreamEnabled: false } }, TableName, SECOND);
  expect((await describe(TableName, SECOND)).StreamSpecification).toBeUndefined();
});

behaviour("deletion protection and tags belong to one replica", how, async () => {
  await change({ DeletionProtectionEnabled: true }, TableName, SECOND);
  await at(SECOND).send(
    new TagResourceCommand({
      ResourceArn: (await describe(TableName, SECOND)).TableArn,
      Tags: [{ Key: "team", Value: "second" }],
    }),
  );
  await settle();
  expect((await describe()).DeletionProtectionEnabled).toBe(false);
  const protectedThere = await outcome(change({ ReplicaUpdates: deletes(SECOND, THIRD) }));
  expect(protectedThere).toEqual(
    invalid(
      `Cannot delete table ${TableName} in region ${SECOND} because it has deletion protection enabled. Disable deletion protection first.`,
    ),
  );
  await change({ DeletionProtectionEnabled: false }, TableName, SECOND);
  await settle();
});

behaviour("the table class is shared", how, async () => {
  const TableClass = "STANDARD_INFREQUENT_ACCESS";
  await change({ TableClass }, TableName, THIRD);
  await settle();
  for (const region of [HOME, SECOND])
    expect((await describe(TableName, region)).TableClassSummary?.TableClass).toBe(TableClass);
});

behaviour("Time to Live is not supported", how, async () => {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "until" };
  for (const region of [HOME, SECOND]) {
    const enabled = at(region).send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    expect(await outcome(enabled)).toEqual(invalid(expect.stringMatching(notSupported)));
    const { TimeToLiveDescription } = await at(region).send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription?.TimeToLiveStatus).toBe("DISABLED");
  }
});

behaviour("a replica cannot be disassociated", guide("globaltables-disassociate"), async () => {
  const Disassociate = { RegionName: HOME, DisassociationMode: "WAIT_FOR_REPLICATION" as const };
  const refused = invalid(expect.stringMatching(notSupported));
  expect(await outcome(change({ ReplicaUpdates: [{ Disassociate }] }))).toEqual(refused);
  expect(await outcome(change({ DisassociationProtectionEnabled: false }))).toEqual(refused);
});

const ONE =
  "Deletion of only one table replica is not supported for global tables with MultiRegionConsistency set to STRONG.";
const FROZEN: [what: string, name: string, input: Change, message: string][] = [
  [
    "add a replica",
    WATCHED,
    { ReplicaUpdates: creates("eu-west-1") },
    "Cannot add replicas to a global table with strong MultiRegionConsistency",
  ],
  [
    "become eventually consistent",
    WATCHED,
    { ReplicaUpdates: creates("eu-west-1"), MultiRegionConsistency: "EVENTUAL" },
    "MultiRegionConsistency parameter is unsupported on existing global table",
  ],
  [
    "be made strongly consistent again",
    TableName,
    strong(SECOND, THIRD),
    "MultiRegionConsistency parameter is unsupported on existing global table",
  ],
  ["delete one of two replicas", TableName, { ReplicaUpdates: deletes(SECOND) }, ONE],
  [
    "delete a replica without the witness",
    WATCHED,
    { ReplicaUpdates: deletes(SECOND) },
    "Update table delete operation does not include all witnesses.",
  ],
  [
    "delete a witness that it does not have",
    WATCHED,
    { ReplicaUpdates: deletes(SECOND), GlobalTableWitnessUpdates: deletes("eu-west-1") },
    "Update global table operation failed because one or more witnesses were not part of the global table. Please retry the request without these witnesses: [eu-west-1].",
  ],
  [
    "delete replicas with a consistency",
    TableName,
    { MultiRegionConsistency: "STRONG", ReplicaUpdates: deletes(SECOND, THIRD) },
    "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.",
  ],
];
for (const [what, name, input, message] of FROZEN)
  behaviour(`a strongly consistent table cannot ${what}`, groups, async () => {
    expect(await outcome(change(input, name))).toEqual(invalid(message));
  });

behaviour("a witness alone cannot be added or deleted", groups, async () => {
  for (const GlobalTableWitnessUpdates of [creates("eu-west-1"), deletes(THIRD)]) {
    const [, message] = await outcome(change({ GlobalTableWitnessUpdates }, WATCHED));
    expect(message).toMatch(/^At least one of ProvisionedThroughput, /);
  }
});

behaviour("DeleteTable deletes no single replica", groups, async () => {
  for (const [name, region] of [
    [TableName, HOME],
    [TableName, THIRD],
    [WATCHED, SECOND],
  ] as const)
    expect(await outcome(at(region).send(new DeleteTableCommand({ TableName: name })))).toEqual(invalid(ONE));
});

behaviour(
  "a replica and the witness are deleted together, and an ordinary table is left",
  groups,
  async () => {
    await put({ p: S("kept"), s: N(1) }, SECOND, WATCHED);
    const { TableDescription } = await change(
      { ReplicaUpdates: deletes(SECOND), GlobalTableWitnessUpdates: deletes(THIRD) },
      WATCHED,
    );
    expect(TableDescription).toMatchObject({
      TableStatus: "UPDATING",
      Replicas: [{ RegionName: SECOND, ReplicaStatus: "ACTIVE" }],
      GlobalTableWitnesses: [{ RegionName: THIRD, WitnessStatus: "ACTIVE" }],
    });
    expect(await describe(WATCHED)).toMatchObject({
      TableStatus: "UPDATING",
      Replicas: [{ ReplicaStatus: "DELETING" }],
      GlobalTableWitnesses: [{ WitnessStatus: "DELETING" }],
    });
    await settle();
    const left = await describe(WATCHED);
    expect(left.TableStatus).toBe("ACTIVE");
    for (const member of [
      "Replicas",
      "GlobalTableWitnesses",
      "MultiRegionConsistency",
      "GlobalTableVersion",
    ] as const)
      expect(left[member]).toBeUndefined();
    expect(await get("kept", HOME, WATCHED)).toEqual({ p: S("kept"), s: N(1) });
    expect((await at(SECOND).send(new ListTablesCommand({}))).TableNames).not.toContain(WATCHED);
    expect((await describe(WATCHED, THIRD)).TableStatus).toBe("ACTIVE");
    await at(HOME).send(new DeleteTableCommand({ TableName: WATCHED }));
  },
);

behaviour(
  "the table is left in the Region of the request, whichever that is",
  guide("delete-gt-mrsc"),
  async () => {
    await put({ p: S("kept"), s: N(1), x: S("old") }, THIRD);
    await cloud.advance(86_400_000);
    await put({ p: S("kept"), s: N(1), x: S("new") }, HOME);
    await change({ ReplicaUpdates: deletes(HOME, SECOND) }, TableName, THIRD);
    await settle();
    expect(await get("kept", THIRD)).toEqual({ p: S("kept"), s: N(1), x: S("new") });
    expect((await describe(TableName, THIRD)).MultiRegionConsistency).toBeUndefined();
    for (const region of [HOME, SECOND])
      expect((await at(region).send(new ListTablesCommand({}))).TableNames).not.toContain(TableName);
  },
);
