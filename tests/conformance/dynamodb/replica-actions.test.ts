import {
  CreateGlobalTableCommand,
  DescribeGlobalTableCommand,
  DescribeGlobalTableSettingsCommand,
  ListGlobalTablesCommand,
  UpdateGlobalTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide } from "./client.ts";
import { AWAY, HOME, invalid, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "everywhere";
const { at, create, change, add, drop, settle, statuses } = regionsOn(cloud, TableName);
const update = api("UpdateTable");

beforeAll(async () => {
  await create(TableName);
  await add(AWAY);
  await settle();
});

const ACTIONS = (ReplicaUpdates: UpdateTableCommandInput["ReplicaUpdates"]) => ({ ReplicaUpdates });
const REFUSED: [what: string, input: Partial<UpdateTableCommandInput>, expected: string][] = [
  [
    "a replica that exists",
    ACTIONS([{ Create: { RegionName: AWAY } }]),
    `Failed to create a the new replica of table with name: ‘${TableName}’ because one or more replicas already existed as tables.`,
  ],
  [
    "a replica in the table's own Region",
    ACTIONS([{ Create: { RegionName: HOME } }]),
    "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.",
  ],
  [
    "deleting the replica of the table's own Region",
    ACTIONS([{ Delete: { RegionName: HOME } }]),
    "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.",
  ],
  [
    "deleting a replica that does not exist",
    ACTIONS([{ Delete: { RegionName: "ca-central-1" } }]),
    "Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [ca-central-1].",
  ],
  [
    "updating a replica that does not exist",
    ACTIONS([{ Update: { RegionName: "ca-central-1", TableClassOverride: "STANDARD" } }]),
    "Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [ca-central-1].",
  ],
  [
    "an update without changes",
    ACTIONS([{ Update: { RegionName: AWAY } }]),
    "There are no actions specified in the Replica Update Action of the request.",
  ],
  [
    "an empty action",
    ACTIONS([{}]),
    "There are no actions specified in the Replica Update Action of the request.",
  ],
  [
    "an index without changes",
    ACTIONS([{ Update: { RegionName: AWAY, GlobalSecondaryIndexes: [{ IndexName: "by-g" }] } }]),
    "There are no actions specified in the Replica Update Action of the request.",
  ],
  [
    "two types of actions in one",
    ACTIONS([{ Create: { RegionName: "ca-central-1" }, Delete: { RegionName: AWAY } }]),
    "Update table operation with more than one type of replica actions not allowed",
  ],
  [
    "two replicas at once",
    ACTIONS([{ Create: { RegionName: "ca-central-1" } }, { Create: { RegionName: "eu-west-2" } }]),
    "Update table operation with more than one create or delete replica actions not allowed",
  ],
  [
    "provisioned reads for an on-demand table",
    ACTIONS([{ Update: { RegionName: AWAY, ProvisionedThroughputOverride: { ReadCapacityUnits: 5 } } }]),
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
  ],
  [
    "a KMS key for one replica",
    ACTIONS([{ Update: { RegionName: AWAY, KMSMasterKeyId: "alias/aws/dynamodb" } }]),
    "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica.",
  ],
  [
    "strong consistency across two Regions",
    { ...ACTIONS([{ Create: { RegionName: "us-east-2" } }]), MultiRegionConsistency: "STRONG" },
    "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.",
  ],
  [
    "a witness without strong consistency",
    {
      ...ACTIONS([{ Create: { RegionName: "us-east-2" } }]),
      GlobalTableWitnessUpdates: [{ Create: { RegionName: "us-west-2" } }],
    },
    "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.",
  ],
  [
    "deleting a replica with a consistency",
    { ...ACTIONS([{ Delete: { RegionName: AWAY } }]), MultiRegionConsistency: "STRONG" },
    "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.",
  ],
  ...(
    [
      ["a stream", { StreamSpecification: { StreamEnabled: false } }],
      ["a billing mode", { BillingMode: "PAY_PER_REQUEST" }],
      ["deletion protection", { DeletionProtectionEnabled: true }],
      ["a table class", { TableClass: "STANDARD" }],
    ] as const
  ).map(([what, more]): [string, Partial<UpdateTableCommandInput>, string] => [
    `${what} in the request that deletes a replica`,
    { ...ACTIONS([{ Delete: { RegionName: AWAY } }]), ...more },
    "One or more parameter values were invalid: Replica modification must be the only operation in the request",
  ]),
];
for (const [what, input, expected] of REFUSED)
  behaviour(`UpdateTable refuses ${what}`, update, async () => {
    expect(await outcome(change(input))).toEqual(invalid(expected));
  });

/** The AWS provider of Terraform relies on this message when it deletes a replica that is already gone. */
const PROVIDER =
  "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/dynamodb/table_replica.go";
behaviour("a table whose last replica was deleted has none to delete or update", PROVIDER, async () => {
  const name = "left-alone";
  await create(name);
  await add(AWAY, name);
  await settle();
  await drop(AWAY, name);
  await settle();
  for (const action of [
    { Delete: { RegionName: AWAY } },
    { Update: { RegionName: AWAY, TableClassOverride: "STANDARD" as const } },
  ])
    expect(await outcome(change(ACTIONS([action]), name))).toEqual(
      invalid(
        "Replica specified in the Replica Update or Replica Delete action of the request was not found.",
      ),
    );
});

behaviour("a consistency or witnesses alone are not a change", update, async () => {
  for (const input of [
    { MultiRegionConsistency: "STRONG" as const },
    { MultiRegionConsistency: "EVENTUAL" as const },
    { GlobalTableWitnessUpdates: [{ Create: { RegionName: "us-west-2" } }] },
  ])
    expect((await outcome(change(input)))[1]).toMatch(/^At least one of ProvisionedThroughput, /);
});

behaviour("a replica requested twice in one request is created once", update, async () => {
  const Create = { RegionName: "eu-west-2" };
  await change({ ReplicaUpdates: [{ Create }, { Create }] });
  await settle();
  expect(await statuses()).toEqual([
    [AWAY, "ACTIVE"],
    ["eu-west-2", "ACTIVE"],
  ]);
});

behaviour("an unknown Region is refused with a list of the known ones", update, async () => {
  for (const region of ["us-fake-1", "EU-WEST-1"]) {
    const [name, message] = (await outcome(add(region))) as [string, string];
    expect(name).toBe("ValidationException");
    expect(message).toMatch(
      new RegExp(
        `^Region ${region} is not supported. The latest version of global tables are only supported in the following regions: \\[.*us-east-1.*\\]$`,
      ),
    );
  }
});

behaviour("a replica of a table that does not exist is refused", update, async () => {
  expect(await outcome(add(AWAY, "nowhere"))).toEqual([
    "ResourceNotFoundException",
    "Requested resource not found: Table: nowhere not found",
  ]);
});

const GlobalTableName = TableName;
const none = (prefix = "") => [
  "GlobalTableNotFoundException",
  `${prefix}Global table with name: '${TableName}' does not exist.`,
];
const versions = guide("V2globaltables_versions");

behaviour("global tables of version 2017.11.29 are not supported", versions, async () => {
  const ReplicationGroup = [{ RegionName: HOME }, { RegionName: AWAY }];
  const refused = invalid(
    "One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).",
  );
  expect(
    await outcome(at(HOME).send(new CreateGlobalTableCommand({ GlobalTableName, ReplicationGroup }))),
  ).toEqual(refused);
  const ReplicaUpdates = [{ Create: { RegionName: "eu-west-2" } }];
  expect(
    await outcome(at(HOME).send(new UpdateGlobalTableCommand({ GlobalTableName, ReplicaUpdates }))),
  ).toEqual(refused);
});

behaviour("a table with replicas is not a global table of version 2017.11.29", versions, async () => {
  const home = at(HOME);
  expect(await outcome(home.send(new DescribeGlobalTableCommand({ GlobalTableName })))).toEqual(
    none("Global table not found: "),
  );
  expect(await outcome(home.send(new DescribeGlobalTableSettingsCommand({ GlobalTableName })))).toEqual(
    none(),
  );
  const ReplicaUpdates = [{ Delete: { RegionName: AWAY } }];
  expect(await outcome(home.send(new UpdateGlobalTableCommand({ GlobalTableName, ReplicaUpdates })))).toEqual(
    none(),
  );
  expect((await home.send(new ListGlobalTablesCommand({}))).GlobalTables).toEqual([]);
});
