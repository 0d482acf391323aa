import { expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { dynamodb } from "../service.ts";
import { N, TableName, withTable } from "../testing.ts";

const ITEMS = 120;
const TargetTableName = "back";
const elsewhere = (nube: TestCloud) => nube.as(rootOf(TEST_PLACE.account), { region: "eu-west-1" }).dynamodb;

/** The store as a power failure would leave it, at each moment from the response to a restore until its completion. */
async function moments(): Promise<KeyValueStore[]> {
  const disk = testDisk();
  const nube = await withTable({ store: disk.store });
  await nube.aws.dynamodb.UpdateContinuousBackups({
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  for (let at = 0; at < ITEMS; at++) await nube.put(`p${at}`, 1, { x: N(at) });
  await elsewhere(nube).RestoreTableToPointInTime({
    SourceTableArn: `arn:aws:dynamodb:us-east-1:${TEST_PLACE.account}:table/${TableName}`,
    TargetTableName,
    UseLatestRestorableTime: true,
    SSESpecificationOverride: { Enabled: false },
  });
  const found = [await disk.copy()];
  let isMade = false;
  const made = (async () => {
    for (let at = 0; at < 40; at++) await nube.put(`p${at}`, 1, { x: N(-1) });
    await nube.advance("1m");
    isMade = true;
  })();
  for (let { groups } = disk; !isMade; await new Promise(setImmediate)) {
    if (disk.groups === groups) continue;
    groups = disk.groups;
    found.push(await disk.copy());
  }
  await made;
  await nube.close();
  return found;
}

test("after a power failure at any moment, a restore from another Region completes, and its source can be deleted", async () => {
  const stores = await moments();
  expect(stores.length).toBeGreaterThan(20);
  for (const store of stores) {
    const nube = await testCloud([dynamodb], { store, wall: () => TEST_START + 60_000 });
    await nube.advance("1m");
    const { Items } = await elsewhere(nube).Scan({ TableName: TargetTableName });
    expect(Object.fromEntries(Items!.map(({ p, x }) => [p!.S, x!.N]))).toEqual(
      Object.fromEntries(Array.from({ length: ITEMS }, (_, at) => [`p${at}`, String(at)])),
    );
    await nube.aws.dynamodb.DeleteTable({ TableName });
    await nube.close();
  }
});
