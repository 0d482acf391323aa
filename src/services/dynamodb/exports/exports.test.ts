import { expect, test } from "vitest";
import type { Clients } from "#kernel/calls/clients.ts";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";

/** Creates a table with point-in-time recovery, and returns its ARN. */
async function recoverable(aws: Clients): Promise<string> {
  const { TableDescription } = await aws.dynamodb.CreateTable({
    TableName: "things",
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  await aws.dynamodb.UpdateContinuousBackups({
    TableName: "things",
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  return TableDescription!.TableArn!;
}

test("concurrent requests with one client token start one export", async () => {
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  const s3 = defineService({
    id: "s3",
    scope: "partition",
    operations: [
      {
        /** Lets each request go on once both have found their token unused. */
        async PutObject() {
          if (++arrived === 2) both.resolve();
          await both.promise;
          return { ETag: '"x"' };
        },
      },
    ],
    access: { PutObject: () => [] },
  });
  const { aws, close } = await testCloud([dynamodb, s3]);
  const TableArn = await recoverable(aws);
  const start = () =>
    aws.dynamodb.ExportTableToPointInTime({ TableArn, S3Bucket: "bucket", ClientToken: "once" });
  const [one, two] = await Promise.all([start(), start()]);
  expect(two.ExportDescription!.ExportArn).toBe(one.ExportDescription!.ExportArn);
  await close();
});

test("the filter of an export is bounded in bytes", async () => {
  const s3 = defineService({
    id: "s3",
    scope: "partition",
    operations: [{ PutObject: async () => ({ ETag: '"x"' }) }],
    access: { PutObject: () => [] },
  });
  const { aws, close } = await testCloud([dynamodb, s3]);
  const TableArn = await recoverable(aws);
  const names = Array.from({ length: 30 }, (_, at) => [`#n${at}`, `${at}${"界".repeat(21_000)}`]);
  const FilterExpression = names.map(([name]) => `attribute_exists(${name})`).join(" AND ");
  const FilterSpecification = { FilterExpression, ExpressionAttributeNames: Object.fromEntries(names) };
  await expect(
    aws.dynamodb.ExportTableToPointInTime({ TableArn, S3Bucket: "bucket", FilterSpecification }),
  ).rejects.toMatchObject({ code: "ValidationException" });
  await close();
});
