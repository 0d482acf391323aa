import {
  CreateBucketCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type InventoryFormat,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { parquetReadObjects } from "hyparquet";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { orcRows } from "#services/s3/inventory/orc/reader.fixture.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  for (const Bucket of ["source", "reports"]) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket: "reports",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Service: "s3.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: "arn:aws:s3:::reports/*",
        },
      }),
    }),
  );
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: "source",
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "a b/ü", Body: "four" }));
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "gone", Body: "1" }));
  await s3.send(new DeleteObjectCommand({ Bucket: "source", Key: "gone" }));
});

const CONTENTS = doc("AmazonS3/latest/userguide/storage-inventory.html");
const LOCATION = doc("AmazonS3/latest/userguide/storage-inventory-location.html");

/** Returns the manifest of a report of all versions, and the bytes of its file. */
async function reportIn(Format: InventoryFormat) {
  await s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket: "source",
      Id: Format,
      InventoryConfiguration: {
        Id: Format,
        IsEnabled: true,
        IncludedObjectVersions: "All",
        Schedule: { Frequency: "Daily" },
        OptionalFields: [
          "Size",
          "LastModifiedDate",
          "ETag",
          "IsMultipartUploaded",
          "ObjectLockRetainUntilDate",
        ],
        Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::reports", Format } },
      },
    }),
  );
  await cloud.advance(86_400_000);
  await s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket: "source", Id: Format }));
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: "reports", Prefix: `source/${Format}/` }),
  );
  const manifest = JSON.parse(
    (await bytesOf(Contents.find(({ Key }) => Key!.endsWith("manifest.json"))!.Key!)).toString(),
  );
  return { manifest, data: await bytesOf(manifest.files[0].key) };
}

async function bytesOf(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "reports", Key }));
  return Buffer.from(await Body!.transformToByteArray());
}

/** Keys are not encoded as in CSV, and what a version does not have is absent. */
const row = (key: string, etag: string | RegExp, more: object) => ({
  bucket: "source",
  key,
  version_id: expect.stringMatching(/^\S{32}$/),
  is_latest: true,
  is_delete_marker: false,
  last_modified_date: expect.any(Date),
  e_tag: expect.stringMatching(etag),
  is_multipart_uploaded: false,
  object_lock_retain_until_date: null,
  ...more,
});

const rows = (size: (size: number) => unknown) => [
  row("a b/ü", "8cbad96aced40b3838dd9f07f6ef5772", { size: size(4) }),
  row("gone", /^/, { size: null, is_delete_marker: true }),
  row("gone", "c4ca4238a0b923820dcc509a6f75849b", { size: size(1), is_latest: false }),
];

behaviour("the manifest of a Parquet report states its message", LOCATION, async () => {
  const { manifest } = await reportIn("Parquet");
  expect(manifest).toMatchObject({
    fileFormat: "Parquet",
    fileSchema:
      "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional binary version_id (UTF8); " +
      "optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; " +
      "optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); " +
      "optional boolean is_multipart_uploaded; optional int64 object_lock_retain_until_date (TIMESTAMP_MILLIS); }",
    files: [{ key: expect.stringMatching(/^source\/Parquet\/data\/[0-9a-f-]{36}\.parquet$/) }],
  });
});

behaviour("a Parquet report lists the versions with their types", CONTENTS, async () => {
  const { data } = await reportIn("Parquet");
  const file = new Uint8Array(data).buffer;
  const found = await parquetReadObjects({ file });
  expect(found).toEqual(rows(BigInt));
});

behaviour("the manifest of an ORC report states its struct", LOCATION, async () => {
  const { manifest } = await reportIn("ORC");
  expect(manifest).toMatchObject({
    fileFormat: "ORC",
    fileSchema:
      "struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint," +
      "last_modified_date:timestamp,e_tag:string,is_multipart_uploaded:boolean,object_lock_retain_until_date:timestamp>",
    files: [{ key: expect.stringMatching(/^source\/ORC\/data\/[0-9a-f-]{36}\.orc$/) }],
  });
});

behaviour("an ORC report lists the versions with their types", CONTENTS, async () => {
  const { data } = await reportIn("ORC");
  expect(orcRows(data)).toEqual(rows(Number));
});
