import { conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const { refusals, withTable } = dynamodbOn(conformanceCloud());
withTable("there");

const arn = (resource: string, partition = "aws") =>
  `arn:${partition}:dynamodb:us-east-1:000000000000:${resource}`;
const FORM =
  "Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:resourceType/resourceName', where Resource name must have length less than or equal to 255, Resource name must have length greater than or equal to 3, Resource name must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
const wrongForm = (path: string, given: string) =>
  `1 validation error detected: Value '${given}' at '${path}' failed to satisfy constraint: ${FORM}`;

/** Invalid table ARNs. */
const WRONG = [
  "arn:",
  "arn:aws:dynamodb",
  "arn:aws:s3:::there",
  "arn:aws:dynamodb:us-east-1::table/there",
  arn("table"),
  arn("table/"),
  arn("table/ab"),
  arn("table/a;c"),
  arn("table/there/index/by-name"),
  arn("table/there/stream/2026-01-01T00:00:00.000"),
];
const key = { p: { S: "a" }, s: { N: "1" } };
refusals(
  "https://github.com/ExtendDB/extenddb/pull/200",
  WRONG.flatMap((given): Refusal[] => [
    ["DescribeTable", { TableName: given }, wrongForm("tableName", given)],
    ["GetItem", { TableName: given, Key: key }, wrongForm("tableName", given)],
    ["BatchGetItem", { RequestItems: { [given]: { Keys: [key] } } }, wrongForm("requestItems", given)],
    [
      "TransactGetItems",
      { TransactItems: [{ Get: { TableName: given, Key: key } }] },
      wrongForm("transactItems.1.member.get.tableName", given),
    ],
  ]),
);
refusals(
  measured("details/DDB-TABLE-442"),
  ["DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "DescribeContributorInsights"].flatMap(
    (operation): Refusal[] => [
      [
        operation,
        { TableName: arn("table/there", "aws-cn") },
        `1 validation error detected: Invalid AWS partition in '${arn("table/there", "aws-cn")}'`,
      ],
      [
        operation,
        { TableName: arn("stream/there") },
        `1 validation error detected: Invalid resource type in '${arn("stream/there")}'`,
      ],
    ],
  ),
);

const elsewhere = arn("table/there").replace("us-east-1", "eu-west-1");
const statement = { Statement: `INSERT INTO "${elsewhere}" VALUE {'p': 'a', 's': 1}` };
refusals(
  measured("details/DDB-TABLE-442"),
  (
    [
      ["GetItem", { TableName: elsewhere, Key: key }],
      ["BatchGetItem", { RequestItems: { [elsewhere]: { Keys: [key] } } }],
      ["TransactGetItems", { TransactItems: [{ Get: { TableName: elsewhere, Key: key } }] }],
      ["ExecuteStatement", statement],
      ["BatchExecuteStatement", { Statements: [statement] }],
      ["ExecuteTransaction", { TransactStatements: [statement] }],
    ] as const
  ).map(
    ([operation, input]): Refusal => [
      operation,
      input,
      `1 validation error detected: Invalid AWS region in '${elsewhere}'`,
    ],
  ),
);
