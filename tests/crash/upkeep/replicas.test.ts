import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { untilAnswered } from "../traffic.ts";
import { BY_NAME, scanned } from "./items.ts";
import { killedCloud } from "./killed.ts";

const REGIONS = ["us-east-1", "eu-west-1"] as const;
const [HOME, AWAY] = REGIONS;
const TableName = "everywhere";
const KEYS = 20;
const ROUNDS = 40;
const WAIT = { timeout: 60_000, interval: 100 };

test("writes acknowledged in any Region reach every replica despite kills of the server, and the later write wins", async () => {
  const cloud = await killedCloud();
  const at = (region: string) => {
    const client = new DynamoDBClient({
      endpoint: cloud.server.endpoint,
      region,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      // The test itself repeats requests without a response.
      maxAttempts: 1,
    });
    onTestFinished(() => client.destroy());
    return client;
  };
  const clients = { [HOME]: at(HOME), [AWAY]: at(AWAY) };
  await clients[HOME].send(new CreateTableCommand({ TableName, ...BY_NAME }));

  /** The last acknowledged number of each key; `undefined` if it was deleted. */
  const acknowledged = new Map<string, number | undefined>();
  const put = (region: (typeof REGIONS)[number], p: string, x: number) =>
    clients[region].send(new PutItemCommand({ TableName, Item: { p: { S: p }, x: { N: String(x) } } }));
  const remove = (region: (typeof REGIONS)[number], p: string) =>
    clients[region].send(new DeleteItemCommand({ TableName, Key: { p: { S: p } } }));
  /** Each Region writes its own keys, so that the last write is known. */
  const writer = async (region: (typeof REGIONS)[number]) => {
    for (let round = 1; round <= ROUNDS; round++) {
      for (let key = 0; key < KEYS; key++) {
        const p = `${region}/${key}`;
        const isDelete = (round + key) % 7 === 0;
        await untilAnswered(() => (isDelete ? remove(region, p) : put(region, p, round)));
        acknowledged.set(p, isDelete ? undefined : round);
      }
    }
  };

  const isActive = async () => {
    const { Table } = await clients[AWAY].send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === "ACTIVE";
  };
  const home = writer(HOME);
  const ReplicaUpdates = [{ Create: { RegionName: AWAY } }];
  await clients[HOME].send(new UpdateTableCommand({ TableName, ReplicaUpdates }));
  await cloud.killedUntil(() => isActive().catch(() => false));
  const away = writer(AWAY);
  let isWritten = false;
  const written = Promise.all([home, away]).then(() => {
    isWritten = true;
  });
  await cloud.killedUntil(async () => isWritten);
  await written;

  const stored = async (region: (typeof REGIONS)[number]) =>
    new Map((await scanned(clients[region], TableName)).map(({ p, x }) => [p!.S!, Number(x!.N)]));
  const expected = new Map([...acknowledged].filter(([, x]) => x !== undefined));
  for (const region of REGIONS) await expect.poll(() => stored(region), WAIT).toEqual(expected);
}, 3_600_000);
