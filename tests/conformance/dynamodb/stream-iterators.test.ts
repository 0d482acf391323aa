import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { S } from "./client.ts";
import { codeOf, HOUR, MINUTE, streamsOn, xs } from "./streamed-table.ts";

const cloud = conformanceCloud();
const { send, withStream } = streamsOn(cloud);
const api = (name: string) => doc(`amazondynamodb/latest/APIReference/API_streams_${name}.html`);

describe("an iterator", () => {
  behaviour("expires after 15 minutes", api("GetShardIterator"), async () => {
    const { put, shards, iterator, get } = await withStream("NEW_IMAGE");
    await put("a", 1);
    const one = await iterator((await shards())[0]!);
    await cloud.advance(14 * MINUTE);
    expect(xs((await get(one)).Records!)).toEqual([1]);
    await cloud.advance(2 * MINUTE);
    // Reported in https://github.com/spring-attic/spring-integration-aws/pull/59
    await expect(get(one)).rejects.toMatchObject({
      name: "ExpiredIteratorException",
      message: "Shard iterator has expired",
    });
  });

  for (const [type, expected] of [
    ["TRIM_HORIZON", [1, 2, 3, 4]],
    ["AT_SEQUENCE_NUMBER", [2, 3, 4]],
    ["AFTER_SEQUENCE_NUMBER", [3, 4]],
    ["LATEST", [4]],
  ] as const)
    behaviour(`of type ${type} starts at its position`, api("GetShardIterator"), async () => {
      const { put, shards, iterator, get, all } = await withStream("NEW_IMAGE");
      for (const x of [1, 2, 3]) await put("a", x);
      const [shard] = await shards();
      const second = (await all(shard!))[1]!.dynamodb!.SequenceNumber!;
      const one = await iterator(shard!, type, type.endsWith("NUMBER") ? second : undefined);
      await put("a", 4);
      expect(xs((await get(one)).Records!)).toEqual(expected);
    });

  behaviour(
    "of type LATEST in a closed shard returns no records and no next iterator",
    api("GetRecords"),
    async () => {
      const { put, shards, iterator, get } = await withStream("NEW_IMAGE");
      await put("a", 1);
      await cloud.advance(5 * HOUR);
      const [closed] = await shards();
      const { Records, NextShardIterator } = await get(await iterator(closed!, "LATEST"));
      expect([Records, NextShardIterator]).toEqual([[], undefined]);
    },
  );

  behaviour("of an unknown shard is refused", api("GetShardIterator"), async () => {
    const { iterator } = await withStream("KEYS_ONLY");
    const ShardId = "shardId-00000000000000000000-00000000";
    expect(await codeOf(iterator({ ShardId }))).toBe("ResourceNotFoundException");
  });

  behaviour("returns up to a thousand records, or up to the requested limit", api("GetRecords"), async () => {
    const { put, shards, iterator, get } = await withStream("NEW_IMAGE");
    for (let x = 0; x < 5; x++) await put("a", x);
    const page = await get(await iterator((await shards())[0]!), 3);
    expect(xs(page.Records!)).toEqual([0, 1, 2]);
    const rest = await get(page.NextShardIterator!, 3);
    expect(xs(rest.Records!)).toEqual([3, 4]);
    expect((await get(rest.NextShardIterator!)).Records).toEqual([]);
  });

  behaviour("returns at most one megabyte", api("GetRecords"), async () => {
    const { TableName, shards, iterator, get } = await withStream("NEW_IMAGE");
    for (let n = 0; n < 4; n++)
      await send(new PutItemCommand({ TableName, Item: { p: S(`${n}`), text: S("x".repeat(390_000)) } }));
    const page = await get(await iterator((await shards())[0]!));
    expect(page.Records).toHaveLength(2);
    expect((await get(page.NextShardIterator!)).Records).toHaveLength(2);
  });

  behaviour("at a trimmed sequence number is refused", api("GetShardIterator"), async () => {
    const { put, shards, iterator, all } = await withStream("NEW_IMAGE");
    await put("a", 1);
    const [shard] = await shards();
    const [record] = await all(shard!);
    // A later record keeps the shard from being trimmed.
    await cloud.advance(3 * HOUR);
    await put("a", 2);
    await cloud.advance(22 * HOUR + 30 * MINUTE);
    const number = record!.dynamodb!.SequenceNumber!;
    expect(await codeOf(iterator(shard!, "AT_SEQUENCE_NUMBER", number))).toBe("TrimmedDataAccessException");
    expect(xs(await all(shard!))).toEqual([2]);
  });

  behaviour("is refused after its next records were trimmed", api("GetRecords"), async () => {
    const { put, shards, iterator, get } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await cloud.advance(3 * HOUR);
    await put("a", 2);
    await cloud.advance(21 * HOUR + 55 * MINUTE);
    const one = await iterator((await shards())[0]!);
    await cloud.advance(10 * MINUTE);
    // Reported in https://github.com/ironSource/node-dynamodb-stream/issues/13
    await expect(get(one)).rejects.toMatchObject({
      name: "TrimmedDataAccessException",
      message: "The data you are trying to access has been trimmed",
    });
  });

  behaviour("with an invalid value is refused", api("GetRecords"), async () => {
    const { get } = await withStream("KEYS_ONLY");
    expect(await codeOf(get("nonsense"))).toBe("ValidationException");
  });
});
