import {
  CreateTableCommand,
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, S } from "./client.ts";

const cloud = conformanceCloud();
const { send } = dynamodbOn(cloud);
const OTHER = "111122223333";
const TableName = "watched";
let StreamArn = "";
let stranger: DynamoDBStreamsClient;

beforeAll(async () => {
  const { TableDescription } = await send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
    }),
  );
  StreamArn = TableDescription!.LatestStreamArn!;
  stranger = new DynamoDBStreamsClient(cloud.client({ account: OTHER }));
});
afterAll(() => stranger.destroy());

const allowing = (...Action: string[]) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
        Action: Action.length === 1 ? Action[0] : Action,
        Resource: StreamArn,
      },
    ],
  });
const put = (Policy: string) => send(new PutResourcePolicyCommand({ ResourceArn: StreamArn, Policy }));
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

behaviour(
  "GetResourcePolicy returns the policy of a stream and its revision",
  guide("rbac-examples"),
  async () => {
    const Policy = allowing("dynamodb:DescribeStream");
    const { RevisionId } = await put(Policy);
    const got = await send(new GetResourcePolicyCommand({ ResourceArn: StreamArn }));
    expect(got).toMatchObject({ Policy, RevisionId });
  },
);

behaviour("a stream and its table have separate policies", api("GetResourcePolicy"), async () => {
  const ResourceArn = StreamArn.split("/stream/")[0]!;
  expect(await outcome(send(new GetResourcePolicyCommand({ ResourceArn })))).toBe(
    `PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: ${ResourceArn}`,
  );
});

behaviour("a policy allows another account to read a stream", guide("rbac-examples"), async () => {
  await put(allowing("dynamodb:DescribeStream"));
  const described = await stranger.send(new DescribeStreamCommand({ StreamArn }));
  const { ShardId } = described.StreamDescription!.Shards![0]!;
  const begin = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
  expect(await outcome(stranger.send(begin))).toMatch(
    /^AccessDeniedException: .* is not authorized to perform: dynamodb:GetShardIterator on resource: /,
  );
  await put(allowing("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"));
  await send(new PutItemCommand({ TableName, Item: { p: S("seen") } }));
  const { ShardIterator } = await stranger.send(begin);
  const { Records } = await stranger.send(new GetRecordsCommand({ ShardIterator }));
  expect(Records!.map(({ dynamodb }) => dynamodb!.Keys)).toEqual([{ p: S("seen") }]);
  await put(allowing("dynamodb:DescribeStream"));
  expect(await outcome(stranger.send(new GetRecordsCommand({ ShardIterator })))).toMatch(
    /^AccessDeniedException/,
  );
});

behaviour("the policy of a stream refuses actions on tables", api("PutResourcePolicy"), async () => {
  expect(await outcome(put(allowing("dynamodb:GetItem")))).toBe(
    'ValidationException: One or more parameter values were invalid: Invalid policy document: The following action names are invalid: "dynamodb:GetItem"',
  );
});

behaviour("PutResourcePolicy refuses a stream that does not exist", api("PutResourcePolicy"), async () => {
  const ResourceArn = `${StreamArn}9`;
  const Policy = allowing("dynamodb:DescribeStream");
  expect(await outcome(send(new PutResourcePolicyCommand({ ResourceArn, Policy })))).toBe(
    `ResourceNotFoundException: Requested resource not found: Stream: ${ResourceArn} not found`,
  );
});

behaviour(
  "a stream whose policy was deleted is denied to other accounts",
  api("DeleteResourcePolicy"),
  async () => {
    await put(allowing("dynamodb:DescribeStream"));
    const { RevisionId } = await send(new DeleteResourcePolicyCommand({ ResourceArn: StreamArn }));
    expect(RevisionId).toMatch(/./);
    expect(await outcome(stranger.send(new DescribeStreamCommand({ StreamArn })))).toMatch(
      /^AccessDeniedException/,
    );
  },
);
