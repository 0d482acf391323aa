import { expect, test } from "vitest";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";

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
  const TableArn = TableDescription!.TableArn!;
  const start = () =>
    aws.dynamodb.ExportTableToPointInTime({ TableArn, S3Bucket: "bucket", ClientToken: "once" });
  const [one, two] = await Promise.all([start(), start()]);
  expect(two.ExportDescription!.ExportArn).toBe(one.ExportDescription!.ExportArn);
  await close();
});
