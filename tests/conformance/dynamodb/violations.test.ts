import { conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";
import { detected, fails, missing } from "./sentences.ts";

/** Several violations in one request are reported in the order of a Java hash map. */
const { refusals } = dynamodbOn(conformanceCloud());

const minLength = (path: string, value: string, length: number) =>
  fails(path, `'${value}'`, `Member must have length greater than or equal to ${length}`);
const namePattern = (path: string, value: string) =>
  fails(path, `'${value}'`, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
const positive = (path: string, value: string) =>
  fails(path, `'${value}'`, "Member must have value greater than or equal to 1");

const table = {
  TableName: "abc",
  AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
};
const create = (more: object, ...found: string[]): Refusal => [
  "CreateTable",
  { ...table, ...more },
  detected(...found),
];
const update = (more: object, ...found: string[]): Refusal => [
  "UpdateTable",
  { TableName: "abc", ...more },
  detected(...found),
];
const restore = (more: object, ...found: string[]): Refusal => [
  "RestoreTableFromBackup",
  {
    TargetTableName: "abc",
    BackupArn: "arn:aws:dynamodb:us-east-1:000000000000:table/abc/backup/01489173575360-b308cd7d",
    ...more,
  },
  detected(...found),
];

refusals(measured("details/DDB-TABLE-457"), [
  create(
    { AttributeDefinitions: [{}] },
    missing("attributeDefinitions.1.member.attributeType"),
    missing("attributeDefinitions.1.member.attributeName"),
  ),
  create(
    { KeySchema: [{}] },
    missing("keySchema.1.member.attributeName"),
    missing("keySchema.1.member.keyType"),
  ),
  create(
    { GlobalSecondaryIndexes: [{ IndexName: "", KeySchema: table.KeySchema, Projection: {} }] },
    minLength("globalSecondaryIndexes.1.member.indexName", "", 3),
    namePattern("globalSecondaryIndexes.1.member.indexName", ""),
  ),
  update(
    { GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "gsi", ProvisionedThroughput: {} } }] },
    missing("globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.writeCapacityUnits"),
    missing("globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.readCapacityUnits"),
  ),
  restore(
    { GlobalSecondaryIndexOverride: [{ IndexName: "x" }] },
    minLength("globalSecondaryIndexOverride.1.member.indexName", "x", 3),
    missing("globalSecondaryIndexOverride.1.member.keySchema"),
    missing("globalSecondaryIndexOverride.1.member.projection"),
  ),
  restore(
    { LocalSecondaryIndexOverride: [{}] },
    missing("localSecondaryIndexOverride.1.member.indexName"),
    missing("localSecondaryIndexOverride.1.member.keySchema"),
    missing("localSecondaryIndexOverride.1.member.projection"),
  ),
  restore(
    { ProvisionedThroughputOverride: {} },
    missing("provisionedThroughputOverride.writeCapacityUnits"),
    missing("provisionedThroughputOverride.readCapacityUnits"),
  ),
  [
    "UpdateTimeToLive",
    { TableName: "abc", TimeToLiveSpecification: {} },
    detected(missing("timeToLiveSpecification.attributeName"), missing("timeToLiveSpecification.enabled")),
  ],
  [
    "CreateBackup",
    { TableName: "abc", BackupName: "" },
    detected(namePattern("backupName", ""), minLength("backupName", "", 3)),
  ],
]);
refusals(measured("table-throughput-billing"), [
  create(
    { ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 } },
    positive("provisionedThroughput.writeCapacityUnits", "0"),
    positive("provisionedThroughput.readCapacityUnits", "0"),
  ),
]);
