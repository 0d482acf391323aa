import { setTimeout as sleep } from "node:timers/promises";
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { elementsOf, type Item, nameOf } from "./lists-table.ts";

export const streamsClientOf = (port: number): DynamoDBStreamsClient =>
  new DynamoDBStreamsClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });

const PAUSE_MS = 20;

/** Repeats a request until it gets a response, as reads of a stream are idempotent. */
async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
      if (httpStatusCode !== undefined && httpStatusCode !== 503) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Reads a stream shard by shard, until `isOver` and no records are left. */
export async function follow(
  client: DynamoDBStreamsClient,
  StreamArn: string,
  isOver: () => boolean,
): Promise<_Record[]> {
  const records: _Record[] = [];
  for (let shard: string | undefined; ; ) {
    const next = new DescribeStreamCommand({ StreamArn, ExclusiveStartShardId: shard, Limit: 1 });
    shard = (await untilAnswered(() => client.send(next))).StreamDescription!.Shards![0]?.ShardId;
    if (shard === undefined) return records;
    const beginning = { StreamArn, ShardId: shard, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator } = await untilAnswered(() => client.send(new GetShardIteratorCommand(beginning)));
    while (ShardIterator !== undefined) {
      const wasOver = isOver();
      const get = new GetRecordsCommand({ ShardIterator });
      const { Records, NextShardIterator } = await untilAnswered(() => client.send(get));
      records.push(...Records!);
      if (wasOver && Records!.length === 0) break;
      if (Records!.length === 0) await sleep(PAUSE_MS);
      ShardIterator = NextShardIterator;
    }
  }
}

/**
 * Finds faults in the records of the lists' stream: for each key, they must be all its versions in order, without gaps and
 * duplicates, up to the last one.
 * @param last the final lists
 */
export function faultsIn(
  records: readonly _Record[],
  last: ReadonlyMap<string, readonly number[]>,
): string[] {
  const faults: string[] = [];
  const lists = new Map<string, number[]>();
  let number = "";
  for (const { eventName, dynamodb: change } of records) {
    const { Keys, OldImage, NewImage, SequenceNumber } = change!;
    const key = nameOf(Keys as Item);
    const fault = (what: string) => faults.push(`${key} at ${SequenceNumber}: ${what}`);
    if (SequenceNumber! <= number) fault(`behind ${number}`);
    number = SequenceNumber!;
    const before = lists.get(key);
    const [old, now] = [elementsOf(OldImage as Item), elementsOf(NewImage as Item)];
    if (eventName !== (before ? "MODIFY" : "INSERT"))
      fault(`${eventName} of what was ${before ?? "not there"}`);
    if (!isSame(old, before ?? [])) fault(`from ${old}, which was ${before ?? "nothing"}`);
    if (now.length <= old.length || !isSame(now.slice(0, old.length), old)) fault(`from ${old} to ${now}`);
    lists.set(key, now);
  }
  for (const [key, list] of last)
    if (!isSame(lists.get(key) ?? [], list)) faults.push(`${key} ends as ${lists.get(key)}, and is ${list}`);
  return faults;
}

const isSame = (one: readonly number[], other: readonly number[]) =>
  one.length === other.length && one.every((element, at) => element === other[at]);
