import {
  DescribeImportCommand,
  ImportTableCommand,
  type ImportTableCommandInput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll } from "vitest";
import type { ConformanceCloud } from "../cloud.ts";
import { dynamodbOn } from "./client.ts";

export const SOURCE_BUCKET = "sources";

export type MoreOfImport = Omit<
  Partial<ImportTableCommandInput>,
  "S3BucketSource" | "TableCreationParameters"
> & {
  parameters?: Partial<ImportTableCommandInput["TableCreationParameters"]>;
};

/** Lines of DynamoDB JSON. */
export const lines = (...items: object[]) => items.map((Item) => `${JSON.stringify({ Item })}\n`).join("");

/** Returns the helpers of the import tests, which share a source bucket. */
export function importsOn(cloud: ConformanceCloud) {
  const { send } = dynamodbOn(cloud);
  const S3Bucket = SOURCE_BUCKET;
  let s3: S3Client;
  beforeAll(async () => {
    s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
  });
  afterAll(() => s3.destroy());

  const put = (Key: string, Body: string | Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: S3Bucket, Key, Body }));
  const begin = (TableName: string, S3KeyPrefix: string, { parameters, ...more }: MoreOfImport = {}) =>
    send(
      new ImportTableCommand({
        S3BucketSource: { S3Bucket, S3KeyPrefix },
        InputFormat: "DYNAMODB_JSON",
        TableCreationParameters: {
          TableName,
          AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
          BillingMode: "PAY_PER_REQUEST",
          ...parameters,
        },
        ...more,
      }),
    );
  const describe = async (ImportArn: string) =>
    (await send(new DescribeImportCommand({ ImportArn }))).ImportTableDescription!;
  const settle = () => cloud.advance(10_000);
  const scan = async (TableName: string) =>
    (await send(new ScanCommand({ TableName }))).Items!.toSorted((a, b) => (a.p!.S! < b.p!.S! ? -1 : 1));

  /** Puts a file, imports it, and returns the result of the import and the table's items. */
  async function imported(table: string, key: string, body: string | Buffer, more: MoreOfImport = {}) {
    await put(key, body);
    const { ImportTableDescription } = await begin(table, key, more);
    await settle();
    const described = await describe(ImportTableDescription!.ImportArn!);
    const { ImportStatus, FailureCode, ProcessedItemCount, ImportedItemCount, ErrorCount } = described;
    const counts = [ProcessedItemCount, ImportedItemCount, ErrorCount];
    return {
      description: described,
      status: ImportStatus,
      code: FailureCode,
      counts,
      items: await scan(table),
    };
  }

  return { send, put, begin, describe, settle, scan, imported };
}
