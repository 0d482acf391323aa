import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const OTHER = "111122223333";
const conditions = guide("specifying-conditions");

/** Creates a table whose resource policy has the condition, and returns the outcome of calls to it. */
function open(name: string, condition: object, effect: "Allow" | "Deny" = "Allow") {
  withTable(name, {
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "s", AttributeType: "N" },
      { AttributeName: "g", AttributeType: "S" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-g",
        KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`;
  let isOpen = false;
  return {
    arn,
    /** Calls as the other account, or, where the policy denies, as the owner. */
    async outcome(command: { input: object }): Promise<string> {
      const statement = {
        Effect: effect,
        Principal: { AWS: `arn:aws:iam::${effect === "Allow" ? OTHER : "000000000000"}:root` },
        Action: [
          ..."GetItem BatchGetItem Query Scan PutItem UpdateItem DeleteItem BatchWriteItem".split(" "),
          ..."ConditionCheckItem PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete".split(" "),
        ].map((action) => `dynamodb:${action}`),
        Resource: [arn, `${arn}/index/*`],
        Condition: condition,
      };
      if (!isOpen)
        await send(
          new PutResourcePolicyCommand({
            ResourceArn: arn,
            Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
          }),
        );
      isOpen = true;
      const client = new DynamoDBClient(cloud.client(effect === "Allow" ? { account: OTHER } : {}));
      try {
        await client.send(command as never);
        return "accepted";
      } catch (error) {
        return (error as Error).name;
      } finally {
        client.destroy();
      }
    },
  };
}
const key = (p: string, s = 1): Item => ({ p: S(p), s: N(s) });
const DENIED = "AccessDeniedException";

const mine = open("leading-keys", { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["mine"] } });
const byKey = (p: string) => {
  const TableName = mine.arn;
  const value = { ":p": S(p) };
  return [
    new PutItemCommand({ TableName, Item: key(p) }),
    new GetItemCommand({ TableName, Key: key(p) }),
    new UpdateItemCommand({
      TableName,
      Key: key(p),
      UpdateExpression: "SET x = :p",
      ExpressionAttributeValues: value,
    }),
    new QueryCommand({ TableName, KeyConditionExpression: "p = :p", ExpressionAttributeValues: value }),
    new QueryCommand({
      TableName,
      KeyConditionExpression: "#s > :one AND :p = #p",
      ExpressionAttributeNames: { "#p": "p", "#s": "s" },
      ExpressionAttributeValues: { ...value, ":one": N(1) },
    }),
    new QueryCommand({
      TableName,
      KeyConditions: { p: { ComparisonOperator: "EQ", AttributeValueList: [S(p)] } },
    }),
    new QueryCommand({
      TableName,
      IndexName: "by-g",
      KeyConditionExpression: "g = :p",
      ExpressionAttributeValues: value,
    }),
    new DeleteItemCommand({ TableName, Key: key(p) }),
  ];
};
for (const [at, command] of byKey("mine").entries()) {
  const name = `${command.constructor.name} ${JSON.stringify(command.input).slice(0, 120)}`;
  behaviour(`a condition on leading keys allows ${name}`, conditions, async () => {
    expect(await mine.outcome(command)).toBe("accepted");
  });
  behaviour(`a condition on leading keys refuses another's key in ${name}`, conditions, async () => {
    expect(await mine.outcome(byKey("yours")[at]!)).toBe(DENIED);
  });
}

const few = open("attributes", {
  "ForAllValues:StringEquals": { "dynamodb:Attributes": ["p", "s", "x"] },
  StringEqualsIfExists: {
    "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
    "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
  },
});
const one = { TableName: few.arn, Key: key("a") };
const values = (...names: string[]) => Object.fromEntries(names.map((name) => [name, S("v")]));
const LIMITED: [command: { input: object }, isAllowed: boolean][] = [
  [new GetItemCommand({ ...one, ProjectionExpression: "p, x.y" }), true],
  [new GetItemCommand({ ...one, AttributesToGet: ["x"] }), true],
  [new GetItemCommand(one), false],
  [new GetItemCommand({ ...one, ProjectionExpression: "p, secret" }), false],
  [
    new GetItemCommand({ ...one, ProjectionExpression: "#a", ExpressionAttributeNames: { "#a": "secret" } }),
    false,
  ],
  [new PutItemCommand({ TableName: few.arn, Item: { ...key("a"), x: S("") } }), true],
  [new PutItemCommand({ TableName: few.arn, Item: { ...key("a"), secret: S("") } }), false],
  [new PutItemCommand({ TableName: few.arn, Item: key("a"), ReturnValues: "ALL_OLD" }), false],
  [
    new UpdateItemCommand({
      ...one,
      UpdateExpression: "SET x = :v",
      ExpressionAttributeValues: values(":v"),
    }),
    true,
  ],
  [
    new UpdateItemCommand({
      ...one,
      UpdateExpression: "SET x = :v REMOVE secret.part",
      ExpressionAttributeValues: values(":v"),
    }),
    false,
  ],
  [
    new UpdateItemCommand({
      ...one,
      UpdateExpression: "SET x = :v",
      ConditionExpression: "attribute_not_exists(secret)",
      ExpressionAttributeValues: values(":v"),
    }),
    false,
  ],
  [
    new UpdateItemCommand({
      ...one,
      UpdateExpression: "SET x = if_not_exists(secret, :v)",
      ExpressionAttributeValues: values(":v"),
    }),
    false,
  ],
  [new UpdateItemCommand({ ...one, AttributeUpdates: { secret: { Value: S("v") } } }), false],
  [new DeleteItemCommand({ ...one, Expected: { secret: { Exists: false } } }), false],
  [new ScanCommand({ TableName: few.arn }), false],
  [new ScanCommand({ TableName: few.arn, ProjectionExpression: "x" }), true],
  [
    new ScanCommand({
      TableName: few.arn,
      ProjectionExpression: "x",
      FilterExpression: "secret = :v",
      ExpressionAttributeValues: values(":v"),
    }),
    false,
  ],
  [
    new QueryCommand({
      TableName: few.arn,
      ProjectionExpression: "x",
      KeyConditionExpression: "p = :v",
      ExpressionAttributeValues: values(":v"),
    }),
    true,
  ],
  [
    new QueryCommand({
      TableName: few.arn,
      Select: "ALL_ATTRIBUTES",
      KeyConditionExpression: "p = :v",
      ExpressionAttributeValues: values(":v"),
    }),
    false,
  ],
];
for (const [command, isAllowed] of LIMITED)
  behaviour(
    `a condition on attributes ${isAllowed ? "allows" : "refuses"} ${command.constructor.name} ${JSON.stringify(command.input).slice(62, 250)}`,
    conditions,
    async () => {
      expect(await few.outcome(command)).toBe(isAllowed ? "accepted" : DENIED);
    },
  );

const secret = open(
  "denied-keys",
  { "ForAnyValue:StringEquals": { "dynamodb:LeadingKeys": ["secret", "7", "AQI="] } },
  "Deny",
);
const together = (p: string) => {
  const TableName = "denied-keys";
  const Keys = [key("open"), key(p)];
  return [
    new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }),
    new BatchWriteItemCommand({
      RequestItems: {
        [TableName]: [{ PutRequest: { Item: key("open") } }, { DeleteRequest: { Key: key(p) } }],
      },
    }),
    new TransactGetItemsCommand({ TransactItems: Keys.map((Key) => ({ Get: { TableName, Key } })) }),
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: key("open") } },
        {
          ConditionCheck: { TableName, Key: key(p), ConditionExpression: "attribute_not_exists(nothing)" },
        },
      ],
    }),
    new ExecuteStatementCommand({ Statement: `SELECT * FROM "${TableName}" WHERE p IN ['open', '${p}']` }),
    new ExecuteStatementCommand({
      Statement: `SELECT * FROM "${TableName}" WHERE s = 1 AND p = ?`,
      Parameters: [S(p)],
    }),
    new ExecuteStatementCommand({
      Statement: `INSERT INTO "${TableName}" VALUE {'p': ?, 's': 5}`,
      Parameters: [S(p)],
    }),
    new ExecuteStatementCommand({ Statement: `DELETE FROM "${TableName}" WHERE p = '${p}' AND s = 5` }),
    new BatchExecuteStatementCommand({
      Statements: [{ Statement: `SELECT * FROM "${TableName}" WHERE p = '${p}' AND s = 5` }],
    }),
  ];
};
for (const [at, command] of together("free").entries()) {
  const name = `${command.constructor.name} ${JSON.stringify(command.input).slice(0, 120)}`;
  behaviour(`a denied leading key does not affect ${name}`, conditions, async () => {
    expect(await secret.outcome(command)).toBe("accepted");
  });
  behaviour(`a denied leading key is refused in ${name}`, conditions, async () => {
    expect(await secret.outcome(together("secret")[at]!)).toBe(DENIED);
  });
}

const scans = open("full-scans", { Bool: { "dynamodb:FullTableScan": ["true"] } }, "Deny");
for (const [where, isAllowed] of [
  ["", false],
  [" WHERE s > 1", false],
  [" WHERE p = 'a' OR s = 1", false],
  [" WHERE p = 'a'", true],
  [" WHERE p = 'a' OR p = 'b'", true],
  [" WHERE p IN ['a', 'b'] AND x = 1", true],
] as const)
  behaviour(
    `a policy against full scans ${isAllowed ? "allows" : "refuses"} SELECT *${where}`,
    guide("ql-iam"),
    async () => {
      const command = new ExecuteStatementCommand({ Statement: `SELECT * FROM "full-scans"${where}` });
      expect(await scans.outcome(command)).toBe(isAllowed ? "accepted" : DENIED);
    },
  );

const alone = open(
  "no-transactions",
  {
    "ForAnyValue:StringEquals": {
      "dynamodb:EnclosingOperation": ["TransactWriteItems", "TransactGetItems"],
    },
  },
  "Deny",
);
behaviour(
  "a policy can deny transactions and allow the same operations outside of them",
  guide("transaction-apis-iam"),
  async () => {
    const put = { TableName: "no-transactions", Item: key("a") };
    expect(await alone.outcome(new PutItemCommand(put))).toBe("accepted");
    expect(await alone.outcome(new TransactWriteItemsCommand({ TransactItems: [{ Put: put }] }))).toBe(
      DENIED,
    );
    const get = { TableName: "no-transactions", Key: key("a") };
    expect(await alone.outcome(new GetItemCommand(get))).toBe("accepted");
    expect(await alone.outcome(new TransactGetItemsCommand({ TransactItems: [{ Get: get }] }))).toBe(DENIED);
  },
);

const statements = open(
  "no-statements-together",
  { StringEquals: { "dynamodb:EnclosingOperation": ["ExecuteTransaction"] } },
  "Deny",
);
behaviour(
  "a policy can deny transactions of statements and allow single statements",
  guide("ql-iam"),
  async () => {
    const Statement = `INSERT INTO "no-statements-together" VALUE {'p': 'a', 's': 1}`;
    expect(await statements.outcome(new ExecuteStatementCommand({ Statement }))).toBe("accepted");
    const select = { Statement: `SELECT * FROM "no-statements-together" WHERE p = 'a' AND s = 1` };
    expect(await statements.outcome(new BatchExecuteStatementCommand({ Statements: [select] }))).toBe(
      "accepted",
    );
    expect(await statements.outcome(new ExecuteTransactionCommand({ TransactStatements: [select] }))).toBe(
      DENIED,
    );
  },
);
