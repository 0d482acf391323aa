import { expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { s3 as service } from "../service.ts";
import { buckets, objects } from "../store.ts";

const Bucket = "logs--use1-az4--x-s3";
const at = { Bucket, Key: "log" };

test("an object has at most 10,000 parts, which a copy joins", async () => {
  const { cloud, as, close } = await testCloud([service]);
  const principal = rootOf("000000000000");
  const place = { account: "000000000000", region: "us-east-1" };
  const { s3 } = as(principal, place);
  const Location = { Type: "AvailabilityZone", Name: "use1-az4" } as const;
  await s3.CreateBucket({ Bucket, CreateBucketConfiguration: { Location, Bucket: { Type: "Directory" } } });
  const append = (Body: string, offset: number) =>
    s3.PutObject({ ...at, Body: bodyOf(Body), WriteOffsetBytes: offset });
  await append("a", 0);
  await append("b", 1);
  // As if all parts between the first and the last had been appended as well, and were empty.
  await cloud.context({ service, principal, place, requestId: "r" }).transact(async (tx) => {
    const { id } = (await tx.get(buckets, [Bucket]))!;
    const version = (await tx.get(objects, [id, at.Key]))!;
    tx.put(objects, { ...version, partCount: 9_999 });
  });
  expect((await append("c", 2)).Size).toBe(3);
  await expect(append("d", 3)).rejects.toMatchObject({ code: "TooManyParts", status: 400 });
  await s3.CopyObject({ ...at, CopySource: `${Bucket}/log`, MetadataDirective: "REPLACE" });
  expect((await append("d", 3)).Size).toBe(4);
  await close();
});
