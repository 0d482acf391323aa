import { conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, type Refusal } from "./client.ts";
import {
  attribute,
  base,
  INDEXES,
  index,
  indexed,
  onDemand,
  PROVISIONED,
  SETTINGS,
  THROUGHPUT,
  units,
} from "./table-shapes.ts";

const { refusals, withTable } = dynamodbOn(conformanceCloud());

const INVALID = "One or more parameter values were invalid: ";

withTable("on-demand", base);
withTable("provisioned", { ...base, ...PROVISIONED });
withTable("indexed", { ...indexed, GlobalSecondaryIndexes: [index("by-b")] });
withTable("provided", {
  ...indexed,
  ...PROVISIONED,
  GlobalSecondaryIndexes: [index("by-b", { ProvisionedThroughput: units(2) })],
});

/** The given rows as requests of UpdateTable: table, input, message and code. */
const rows = (of: [string, object, string, string?][]): Refusal[] =>
  of.map(([TableName, input, message, code]) => ["UpdateTable", { TableName, ...input }, message, code]);

const billion = (ReadCapacityUnits: number, WriteCapacityUnits: number) => ({
  GlobalSecondaryIndexUpdates: [
    { Update: { IndexName: "by-b", ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } } },
  ],
});
refusals(
  THROUGHPUT,
  rows([
    [
      "nowhere",
      billion(1_000_000_000_001, 1_000_000_000_001),
      "Given value 1000000000001 for ReadCapacityUnits is out of bounds for index by-b",
    ],
    [
      "nowhere",
      billion(1_000_000_000_000, 1_000_000_000_001),
      "Given value 1000000000001 for WriteCapacityUnits is out of bounds for index by-b",
    ],
  ]),
);

const IOPS = "will not change. The requested value equals the current value.";
const HIGHER =
  "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.";
const DECREASING = "is lower than current WarmThroughput, decreasing WarmThroughput is not supported";
refusals(
  THROUGHPUT,
  rows([
    [
      "provisioned",
      { BillingMode: "PROVISIONED" },
      `${INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED`,
    ],
    [
      "provisioned",
      { BillingMode: "PAY_PER_REQUEST", ProvisionedThroughput: units(6) },
      `${INVALID}ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      "on-demand",
      { ProvisionedThroughput: units(6) },
      `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      "provisioned",
      { ProvisionedThroughput: units(5) },
      `The provisioned throughput for the table ${IOPS} Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. ${HIGHER}`,
    ],
    [
      "provisioned",
      { OnDemandThroughput: onDemand(1, 1) },
      `${INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED`,
    ],
    [
      "on-demand",
      { OnDemandThroughput: { MaxWriteRequestUnits: 0 } },
      `${INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range`,
    ],
    [
      "on-demand",
      { OnDemandThroughput: { MaxReadRequestUnits: -2 } },
      `${INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range`,
    ],
    [
      "on-demand",
      { OnDemandThroughput: { MaxReadRequestUnits: 40_001 } },
      "Subscriber limit exceeded: Requested MaxReadRequestUnits for OnDemandThroughput for table exceeds TableMaxReadCapacityUnits of the account in region us-east-1",
      "LimitExceededException",
    ],
    [
      "on-demand",
      { WarmThroughput: { ReadUnitsPerSecond: 11_999 } },
      `${INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table ${DECREASING}`,
    ],
    [
      "provisioned",
      { WarmThroughput: { WriteUnitsPerSecond: 4 } },
      `${INVALID}Requested WriteUnitsPerSecond for WarmThroughput for table ${DECREASING}`,
    ],
    [
      "on-demand",
      { OnDemandThroughput: onDemand(1, 1), StreamSpecification: { StreamEnabled: false } },
      `${INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request`,
    ],
  ]),
);

const NO_CHANGE =
  "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required";
const ONE_INDEX =
  "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
const Create = index("new", { ProvisionedThroughput: units(1) });
const definitions = { AttributeDefinitions: [attribute("b")] };
/** UpdateTable requires definitions of a new index's key attributes, even if the table already defines them. */
refusals(
  api("UpdateTable"),
  rows([
    [
      "indexed",
      {
        AttributeDefinitions: [attribute("c")],
        GlobalSecondaryIndexUpdates: [{ Create: index("new") }],
      },
      `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [b], AttributeDefinitions: [c]`,
    ],
  ]),
);
refusals(
  INDEXES,
  rows([
    ["indexed", {}, NO_CHANGE],
    ["indexed", { AttributeDefinitions: [attribute("a")] }, NO_CHANGE],
    ["indexed", { GlobalSecondaryIndexUpdates: [] }, NO_CHANGE],
    [
      "indexed",
      { GlobalSecondaryIndexUpdates: [], DeletionProtectionEnabled: true },
      `${INVALID}List of GlobalSecondaryIndexUpdates is empty`,
    ],
    [
      "indexed",
      { GlobalSecondaryIndexUpdates: [{}] },
      `${INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null`,
    ],
    [
      "indexed",
      {
        GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b" }, Delete: { IndexName: "by-b" } }],
      },
      `${INVALID}Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object`,
    ],
    [
      "provided",
      { GlobalSecondaryIndexUpdates: [{ Create }] },
      `${INVALID}AttributeDefinitions is not specified for index: new`,
    ],
    [
      "provided",
      { ...definitions, GlobalSecondaryIndexUpdates: [{ Create: index("new") }] },
      `${INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new`,
    ],
    [
      "indexed",
      { ...definitions, GlobalSecondaryIndexUpdates: [{ Create }] },
      `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: new when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      "indexed",
      { ...definitions, GlobalSecondaryIndexUpdates: [{ Create: index("by-b") }] },
      "Attempting to create an index which already exists",
    ],
    [
      "provided",
      { ...definitions, GlobalSecondaryIndexUpdates: [{ Create }], ProvisionedThroughput: units(6) },
      `${INVALID}You cannot create or delete index while updating table IOPS`,
    ],
    [
      "provided",
      {
        ...definitions,
        GlobalSecondaryIndexUpdates: [{ Create }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
      },
      `${INVALID}You cannot create or delete index while changing stream status`,
    ],
    [
      "provided",
      {
        ...definitions,
        GlobalSecondaryIndexUpdates: [{ Create }],
        WarmThroughput: { ReadUnitsPerSecond: 100 },
      },
      `${INVALID}Create global secondary index cannot be specified when updating WarmThroughput`,
    ],
    [
      "provided",
      {
        ...definitions,
        GlobalSecondaryIndexUpdates: [{ Create }, { Delete: { IndexName: "by-b" } }],
      },
      ONE_INDEX,
      "LimitExceededException",
    ],
    [
      "indexed",
      {
        GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b", ProvisionedThroughput: units(1) } }],
      },
      `${INVALID}The only Updates for index: by-b when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput`,
    ],
    [
      "provided",
      {
        GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b", ProvisionedThroughput: units(2) } }],
      },
      `The provisioned throughput for the index by-b ${IOPS} Current ReadCapacityUnits provisioned for index by-b: 2. Requested ReadCapacityUnits: 2. Current WriteCapacityUnits provisioned for index by-b: 2. Requested WriteCapacityUnits: 2. ${HIGHER}`,
    ],
    [
      "indexed",
      { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "ghost" } }] },
      "Requested resource not found: Index ghost for table indexed",
      "ResourceNotFoundException",
    ],
    [
      "indexed",
      { BillingMode: "PROVISIONED", ProvisionedThroughput: units(1) },
      `${INVALID}ProvisionedThroughput must be specified for index: by-b`,
    ],
    [
      "indexed",
      {
        BillingMode: "PROVISIONED",
        ProvisionedThroughput: units(1),
        GlobalSecondaryIndexUpdates: [
          { Update: { IndexName: "by-b", WarmThroughput: { ReadUnitsPerSecond: 12_000 } } },
        ],
      },
      `${INVALID}ProvisionedThroughput must be specified for index: by-b`,
    ],
    [
      "indexed",
      {
        GlobalSecondaryIndexUpdates: [
          { Update: { IndexName: "by-b", WarmThroughput: { ReadUnitsPerSecond: 100 } } },
        ],
      },
      `${INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index by-b ${DECREASING}`,
    ],
    [
      "provided",
      {
        GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b", OnDemandThroughput: onDemand(1, 1) } }],
      },
      `${INVALID}MaxReadRequestUnits for OnDemandThroughput for index : by-b cannot be specified when the table BillingMode is PROVISIONED`,
    ],
  ]),
);

const only = (what: string) => `${INVALID}${what} must be the only operation in the request`;
const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } };
refusals(
  SETTINGS,
  rows([
    [
      "provisioned",
      { DeletionProtectionEnabled: true, SSESpecification: { Enabled: true } },
      only("Server-Side Encryption modification"),
    ],
    [
      "provisioned",
      { DeletionProtectionEnabled: true, TableClass: "STANDARD" },
      only("TableClass modification"),
    ],
    [
      "provisioned",
      { DeletionProtectionEnabled: true, WarmThroughput: { ReadUnitsPerSecond: 100 } },
      only("DeletionProtection modification"),
    ],
    ["provisioned", { ...stream, WarmThroughput: { ReadUnitsPerSecond: 100 } }, only("WarmThroughput")],
    [
      "provisioned",
      { ...stream, ProvisionedThroughput: units(6) },
      `${INVALID}You cannot modify stream status while updating table IOPS`,
    ],
    [
      "provisioned",
      { StreamSpecification: { StreamEnabled: true } },
      `${INVALID}If stream is being enabled then UpdateViewType is required`,
    ],
    [
      "provisioned",
      { StreamSpecification: { StreamEnabled: false, StreamViewType: "KEYS_ONLY" } },
      `${INVALID}If stream is being disabled, then UpdateViewType must not be specified`,
    ],
    [
      "provisioned",
      { StreamSpecification: { StreamEnabled: false } },
      "Table has no stream to disable: TableName: provisioned",
    ],
    [
      "provisioned",
      { SSESpecification: { Enabled: false } },
      `${INVALID}Table is already encrypted by default`,
    ],
    ["provisioned", { SSESpecification: {} }, `${INVALID}Table is already encrypted by default`],
    [
      "provisioned",
      { SSESpecification: { Enabled: true, SSEType: "AES256" } },
      `${INVALID}SSEType AES256 is not supported`,
    ],
    [
      "provisioned",
      { SSESpecification: { Enabled: false, SSEType: "KMS" } },
      `${INVALID}SSEType can not be specified if Enabled is false`,
    ],
    [
      "provisioned",
      { SSESpecification: { Enabled: true, KMSMasterKeyId: "alias/mine" } },
      `${INVALID}SSEType KMS is required if KMSMasterKeyId is specified`,
    ],
  ]),
);

const making = (input: object, message: string, code?: string): Refusal => [
  "CreateTable",
  { TableName: "new-table", ...base, ...input },
  message,
  code,
];
refusals(THROUGHPUT, [
  making(
    { ...PROVISIONED, OnDemandThroughput: onDemand(1, 1) },
    `${INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.`,
  ),
  making(
    { OnDemandThroughput: onDemand(-1, -1) },
    `${INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range`,
  ),
  making(
    { WarmThroughput: { ReadUnitsPerSecond: 1 } },
    `${INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial`,
  ),
  making(
    { ...PROVISIONED, WarmThroughput: { ReadUnitsPerSecond: 4 } },
    `${INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput`,
  ),
]);
refusals(INDEXES, [
  making(
    { ...indexed, ...PROVISIONED, GlobalSecondaryIndexes: [index("by-b")] },
    `${INVALID}ProvisionedThroughput is not specified for index: by-b`,
  ),
  making(
    { ...indexed, GlobalSecondaryIndexes: [index("by-b", { OnDemandThroughput: onDemand(0, 1) })] },
    `${INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : by-b is outside of valid range`,
  ),
]);
refusals(SETTINGS, [
  making(
    { StreamSpecification: { StreamEnabled: true } },
    `${INVALID}Table is being created with a stream enabled, UpdateViewType is required`,
  ),
  making(
    { StreamSpecification: { StreamEnabled: false, StreamViewType: "KEYS_ONLY" } },
    `${INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified`,
  ),
]);
