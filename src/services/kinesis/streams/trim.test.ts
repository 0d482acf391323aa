import { expect, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { MAX_PAGE_ROWS } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { kinesis } from "../service.ts";

const StreamName = "s";
const SHARDS = 40;
/** The number of rows that one transaction removes. */
const PAGE = 64;

test("trimming reads each shard a few times, however many have expired records", async () => {
  const store = openMemory();
  const nube = await testCloud([kinesis], { store });
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: SHARDS });
  const { Shards = [] } = await nube.aws.kinesis.ListShards({ StreamName });
  const Records = Shards.map(({ HashKeyRange }) => ({
    Data: Buffer.from("old"),
    PartitionKey: "k",
    ExplicitHashKey: HashKeyRange.StartingHashKey,
  }));
  for (let call = 0; call < PAGE; call++) await nube.aws.kinesis.PutRecords({ StreamName, Records });

  let looks = 0;
  const range = store.range.bind(store);
  store.range = (wanted) => {
    looks++;
    return range(wanted);
  };
  await nube.advance("24h");
  looks = 0;
  await nube.advance("1h");
  expect(looks).toBeLessThan(10 * SHARDS);
  const rows = await range({ start: new Uint8Array(), end: new Uint8Array([0xff]), limit: MAX_PAGE_ROWS });
  expect(rows.length).toBeLessThan(MAX_PAGE_ROWS);
  await nube.close();
});

test("other tasks run between the pages of trimmed records", async () => {
  const nube = await testCloud([kinesis], { store: openMemory() });
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 1 });
  const pages = 20;
  for (let row = 0; row < pages * PAGE; row++)
    await nube.aws.kinesis.PutRecord({ StreamName, Data: Buffer.from("old"), PartitionKey: "k" });
  await nube.advance("24h");

  let turns = 0;
  let isTrimming = true;
  const count = () => {
    turns++;
    if (isTrimming) setImmediate(count);
  };
  setImmediate(count);
  await nube.advance("1h");
  isTrimming = false;
  expect(turns).toBeGreaterThan(pages);
  await nube.close();
});
