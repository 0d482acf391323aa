import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, S } from "./client.ts";
import { outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const text = (AttributeName: string) => ({ AttributeName, AttributeType: "S" as const });
const key = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: "HASH" as const },
  { AttributeName: sort, KeyType: "RANGE" as const },
];

withTable("Thread", {
  AttributeDefinitions: ["ForumName", "Subject", "LastPostDateTime"].map(text),
  KeySchema: key("ForumName", "Subject"),
  LocalSecondaryIndexes: [
    {
      IndexName: "LastPostIndex",
      KeySchema: key("ForumName", "LastPostDateTime"),
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["Replies"] },
    },
  ],
});
withTable("Reply", {
  AttributeDefinitions: ["Id", "ReplyDateTime"].map(text),
  KeySchema: key("Id", "ReplyDateTime"),
});
withTable("GameScores", {
  AttributeDefinitions: [
    ...["UserId", "GameTitle"].map(text),
    { AttributeName: "TopScore", AttributeType: "N" as const },
  ],
  KeySchema: key("UserId", "GameTitle"),
  GlobalSecondaryIndexes: [
    {
      IndexName: "GameTitleIndex",
      KeySchema: key("GameTitle", "TopScore"),
      Projection: { ProjectionType: "KEYS_ONLY" },
    },
  ],
});

const thread = (ForumName: string, Subject: string, at: string, more: Item): Item => ({
  ForumName: S(ForumName),
  Subject: S(Subject),
  LastPostDateTime: S(at),
  ...more,
});
const THREADS: Item[] = [
  thread("Amazon DynamoDB", "DynamoDB Thread 1", "2015-09-15T19:58:22.514Z", {
    Views: N(0),
    Replies: N(0),
    LastPostedBy: S("User A"),
    Tags: { SS: ["index", "primarykey", "table"] },
  }),
  thread("Amazon DynamoDB", "DynamoDB Thread 2", "2015-09-15T19:58:22.947Z", {
    Views: N(3),
    Replies: N(0),
    LastPostedBy: S("User A"),
    Tags: { SS: ["items", "attributes", "throughput"] },
  }),
  thread("Amazon S3", "S3 Thread 1", "2015-09-29T19:58:22.514Z", {
    Views: N(0),
    Replies: N(0),
    LastPostedBy: S("User B"),
    Tags: { SS: ["largeobjects", "multipart upload"] },
  }),
];
const reply = (number: number, at: string, by: string): Item => ({
  Id: S(`Amazon DynamoDB#DynamoDB Thread ${number}`),
  ReplyDateTime: S(at),
  PostedBy: S(by),
});
const REPLIES = [
  reply(1, "2015-09-15T19:58:22.947Z", "User A"),
  reply(1, "2015-09-22T19:58:22.947Z", "User B"),
  reply(1, "2015-10-01T19:58:22.947Z", "User B"),
  reply(2, "2015-09-29T19:58:22.947Z", "User A"),
];
const score = (user: string, title: string, top?: number): Item => ({
  UserId: S(user),
  GameTitle: S(title),
  ...(top !== undefined && { TopScore: N(top) }),
  Wins: N(1),
});
const SCORES = [
  score("101", "Meteor Blasters", 1_000),
  score("102", "Meteor Blasters", 192),
  score("103", "Meteor Blasters", 2_317),
  ...["123", "201", "301"].map((user) => score(user, "Comet Quest", 0)),
  score("400", "Comet Quest"),
];

const puts = (items: Item[]) => items.map((Item) => ({ PutRequest: { Item } }));
beforeAll(() =>
  send(
    new BatchWriteItemCommand({
      RequestItems: { Thread: puts(THREADS), Reply: puts(REPLIES), GameScores: puts(SCORES) },
    }),
  ),
);

const query = async (
  TableName: string,
  KeyConditionExpression: string,
  values: Item,
  more: Partial<QueryCommandInput> = {},
) =>
  send(new QueryCommand({ TableName, KeyConditionExpression, ExpressionAttributeValues: values, ...more }));
const found = async (attribute: string, ...request: Parameters<typeof query>) =>
  (await query(...request)).Items!.map((item) => item[attribute]?.S ?? item[attribute]?.N);

const conditions = guide("Query.KeyConditionExpressions");
behaviour("a query returns the threads of a forum", conditions, async () => {
  expect(await found("Subject", "Thread", "ForumName = :name", { ":name": S("Amazon DynamoDB") })).toEqual([
    "DynamoDB Thread 1",
    "DynamoDB Thread 2",
  ]);
});
behaviour("a query returns one thread by its full key", conditions, async () => {
  const values = { ":name": S("Amazon DynamoDB"), ":sub": S("DynamoDB Thread 1") };
  const { Items } = await query("Thread", "ForumName = :name and Subject = :sub", values);
  expect(Items).toMatchObject([{ Views: N(0), LastPostedBy: S("User A") }]);
});
for (const [condition, values, times] of [
  ["begins_with(ReplyDateTime, :dt)", { ":dt": S("2015-09") }, ["2015-09-15", "2015-09-22"]],
  ["ReplyDateTime > :a", { ":a": S("2015-09-16") }, ["2015-09-22", "2015-10-01"]],
  ["ReplyDateTime BETWEEN :a AND :b", { ":a": S("2015-09-16"), ":b": S("2015-09-30") }, ["2015-09-22"]],
] as const)
  behaviour(`a query returns the replies where ${condition}`, conditions, async () => {
    const id = { ":id": S("Amazon DynamoDB#DynamoDB Thread 1") };
    const dates = await found("ReplyDateTime", "Reply", `Id = :id and ${condition}`, { ...id, ...values });
    expect(dates.map((date) => date!.slice(0, 10))).toEqual(times);
  });

behaviour(
  "a filter drops items after they are read, and consumes the same capacity",
  guide("Query.FilterExpression"),
  async () => {
    const answer = await query(
      "Thread",
      "ForumName = :fn",
      { ":fn": S("Amazon DynamoDB"), ":num": N(3) },
      {
        FilterExpression: "#v >= :num",
        ExpressionAttributeNames: { "#v": "Views" },
        ReturnConsumedCapacity: "TOTAL",
      },
    );
    expect([answer.Count, answer.ScannedCount, answer.ConsumedCapacity!.CapacityUnits]).toEqual([1, 2, 0.5]);
  },
);
behaviour("a filter refuses key attributes", guide("Query.FilterExpression"), async () => {
  const values = { ":fn": S("Amazon DynamoDB"), ":s": S("a") };
  expect(
    await outcome(query("Thread", "ForumName = :fn", values, { FilterExpression: "Subject = :s" })),
  ).toEqual([
    "ValidationException",
    "Filter Expression can only contain non-primary key attributes: Primary key attribute: Subject",
  ]);
});
behaviour("Limit counts the items read, not those returned", guide("Query.Limit"), async () => {
  const answer = await query(
    "Thread",
    "ForumName = :fn",
    { ":fn": S("Amazon DynamoDB"), ":num": N(3) },
    {
      FilterExpression: "#v >= :num",
      ExpressionAttributeNames: { "#v": "Views" },
      Limit: 1,
    },
  );
  expect(answer).toMatchObject({
    Items: [],
    Count: 0,
    ScannedCount: 1,
    LastEvaluatedKey: { ForumName: S("Amazon DynamoDB"), Subject: S("DynamoDB Thread 1") },
  });
});
behaviour("the last page can be empty and has no LastEvaluatedKey", guide("Query.Pagination"), async () => {
  const values = { ":fn": S("Amazon DynamoDB") };
  const { LastEvaluatedKey } = await query("Thread", "ForumName = :fn", values, { Limit: 2 });
  const last = await query("Thread", "ForumName = :fn", values, {
    Limit: 2,
    ExclusiveStartKey: LastEvaluatedKey!,
  });
  expect([last.Items, last.LastEvaluatedKey]).toEqual([[], undefined]);
});
behaviour("a scan returns the threads last posted to by a user", guide("Scan"), async () => {
  const answer = await send(
    new ScanCommand({
      TableName: "Thread",
      FilterExpression: "LastPostedBy = :name",
      ExpressionAttributeValues: { ":name": S("User A") },
    }),
  );
  expect([answer.Count, answer.ScannedCount]).toEqual([2, 3]);
});

const batches = guide("WorkingWithItems");
behaviour("BatchGetItem returns the projected attributes that an item has", batches, async () => {
  const Keys = THREADS.slice(1).map(({ ForumName, Subject }) => ({
    ForumName: ForumName!,
    Subject: Subject!,
  }));
  const { Responses, UnprocessedKeys } = await send(
    new BatchGetItemCommand({
      RequestItems: {
        Thread: { Keys, ProjectionExpression: "ForumName, Subject, LastPostedDateTime, Replies" },
      },
    }),
  );
  expect(Responses!.Thread).toEqual(Keys.map((one) => ({ ...one, Replies: N(0) })));
  expect(UnprocessedKeys).toEqual({});
});

const local = guide("LSI");
behaviour("a query of a local index fetches other attributes with one read per item", local, async () => {
  const answer = await query(
    "Thread",
    "ForumName = :v_forum and LastPostDateTime between :v_start and :v_end",
    {
      ":v_forum": S("Amazon DynamoDB"),
      ":v_start": S("2015-08-31T00:00:00.000Z"),
      ":v_end": S("2015-11-31T00:00:00.000Z"),
    },
    {
      IndexName: "LastPostIndex",
      ProjectionExpression: "Subject, LastPostDateTime, Replies, Tags",
      ReturnConsumedCapacity: "INDEXES",
    },
  );
  expect(answer.Items!.map(({ Tags }) => Tags?.SS?.length)).toEqual([3, 3]);
  expect(answer.ConsumedCapacity).toMatchObject({
    CapacityUnits: 1.5,
    Table: { CapacityUnits: 1 },
    LocalSecondaryIndexes: { LastPostIndex: { CapacityUnits: 0.5 } },
  });
});

const global = guide("GSI");
const scores = (title: string, more: Partial<QueryCommandInput> = {}) =>
  query("GameScores", "GameTitle = :t", { ":t": S(title) }, { IndexName: "GameTitleIndex", ...more });
behaviour("a query returns the top scores of a game, highest first", global, async () => {
  const { Items } = await scores("Meteor Blasters", {
    ProjectionExpression: "UserId, TopScore",
    ScanIndexForward: false,
  });
  expect(Items).toEqual([
    { UserId: S("103"), TopScore: N(2_317) },
    { UserId: S("101"), TopScore: N(1_000) },
    { UserId: S("102"), TopScore: N(192) },
  ]);
});
behaviour("index keys need not be unique, and items without one are not in the index", global, async () => {
  expect((await scores("Comet Quest")).Count).toBe(3);
  const { Count } = await send(new ScanCommand({ TableName: "GameScores", IndexName: "GameTitleIndex" }));
  expect(Count).toBe(SCORES.length - 1);
});
behaviour("a query of a global index refuses attributes that are not projected", global, async () => {
  expect(await outcome(scores("Comet Quest", { ProjectionExpression: "Wins" }))).toEqual([
    "ValidationException",
    "One or more parameter values were invalid: Global secondary index GameTitleIndex does not project [Wins]",
  ]);
});
behaviour("an index key of the wrong type is refused", global, async () => {
  const Item = { ...score("500", "Comet Quest"), TopScore: S("high") };
  expect(await outcome(send(new PutItemCommand({ TableName: "GameScores", Item })))).toEqual([
    "ValidationException",
    "One or more parameter values were invalid: Type mismatch for Index Key TopScore Expected: N Actual: S IndexName: GameTitleIndex",
  ]);
});
