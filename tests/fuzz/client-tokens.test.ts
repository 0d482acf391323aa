import { expect, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "#services/dynamodb/service.ts";
import { s3 } from "#services/s3/service.ts";

test("a client token is accepted up to the length of a row key, and refused beyond it", async () => {
  const { aws, close } = await testCloud([dynamodb, s3]);
  await aws.s3.CreateBucket({ Bucket: "bucket" });
  await aws.dynamodb.CreateTable({
    TableName: "table",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
  });
  await aws.dynamodb.UpdateContinuousBackups({
    TableName: "table",
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  const TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/table";
  const exported = (ClientToken: string) =>
    aws.dynamodb.ExportTableToPointInTime({ TableArn, S3Bucket: "bucket", ClientToken });
  const imported = (ClientToken: string) =>
    aws.dynamodb.ImportTable({
      ClientToken,
      S3BucketSource: { S3Bucket: "bucket" },
      InputFormat: "DYNAMODB_JSON",
      TableCreationParameters: {
        TableName: "imported",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
      },
    });
  for (const call of [exported, imported]) {
    await expect(call("\u2028".repeat(513))).rejects.toMatchObject({ code: "ValidationException" });
    await call("\u2028".repeat(512));
  }
  await close();
});
