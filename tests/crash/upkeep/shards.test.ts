import { setTimeout as sleep } from "node:timers/promises";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand } from "@aws-sdk/client-dynamodb-streams";
import { expect, test } from "vitest";
import { advance } from "../clock.ts";
import { createLists, elementsOf, keyOf, listOf, nameOf, TableName } from "../histories/lists-table.ts";
import { faultsIn, follow } from "../histories/stream.ts";
import { scanned } from "./items.ts";
import { killedCloud } from "./killed.ts";

const WRITERS = 4;
/** Each round takes four and a half hours. All rounds together are shorter than the retention of a day. */
const ROUNDS = 4;

test("a stream whose shards close during kills contains every change once and in order", async () => {
  const cloud = await killedCloud();
  const { client, streams } = cloud;
  const StreamArn = await createLists(client);
  let element = 0;
  let isOver = false;
  const writing = Promise.all(
    Array.from({ length: WRITERS }, async (_, list) => {
      while (!isOver) {
        const command = new UpdateItemCommand({
          TableName,
          Key: keyOf(`all/${list}`),
          UpdateExpression: "SET #l = list_append(if_not_exists(#l, :none), :new)",
          ExpressionAttributeNames: { "#l": "list" },
          ExpressionAttributeValues: { ":none": listOf([]), ":new": listOf([element++]) },
        });
        await client.send(command).catch(() => sleep(20));
      }
    }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    advance(cloud.server, "270m").catch(() => {});
    await cloud.killedUntil(async () => true);
  }
  isOver = true;
  await writing;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  expect(StreamDescription!.Shards!.length).toBeGreaterThan(1);
  const last = new Map((await scanned(client, TableName)).map((item) => [nameOf(item), elementsOf(item)]));
  expect(faultsIn(await follow(streams, StreamArn, () => true), last)).toEqual([]);
}, 3_600_000);
