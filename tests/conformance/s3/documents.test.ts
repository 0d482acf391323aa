import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, s3Client, type TappedClient } from "./client.ts";

/* The order of elements in response documents, on which streaming clients may rely. */

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
const upload = { Key: "upload", UploadId: "" };
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "documents");
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  for (const Key of ["a/1", "a/2", "b"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a/2" }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: upload.Key }));
  upload.UploadId = UploadId!;
  await s3.send(new UploadPartCommand({ Bucket, ...upload, PartNumber: 1, Body: "x" }));
});

const page = (operation: string) =>
  doc(`AmazonS3/latest/API/API_${operation}.html#API_${operation}_Examples`);
// Recorded answers, which unlike the pages have the owner before the storage class.
const LISTED =
  "https://github.com/pkgcloud/pkgcloud/blob/bf408920c2409a007889cddd70c296ba829b543a/test/fixtures/amazon/list-bucket-files.xml";
const VERSIONS = "https://github.com/versity/versitygw/issues/862";

/** An operation, its call, and the elements of its document, optionally of one nested element. */
const ORDERS: [
  operation: string,
  command: () => unknown,
  elements: string,
  one?: [name: string, elements: string],
  source?: string,
][] = [
  ["ListBuckets", () => new ListBucketsCommand({}), "Owner Buckets"],
  [
    "ListObjects",
    () => new ListObjectsCommand({ Bucket, Delimiter: "/" }),
    "Name Prefix Marker MaxKeys Delimiter IsTruncated Contents CommonPrefixes",
    ["Contents", "Key LastModified ETag ChecksumAlgorithm ChecksumType Size Owner StorageClass"],
    LISTED,
  ],
  [
    "ListObjects",
    () => new ListObjectsCommand({ Bucket, Delimiter: "/", MaxKeys: 1 }),
    "Name Prefix Marker NextMarker MaxKeys Delimiter IsTruncated CommonPrefixes",
  ],
  [
    "ListObjectsV2",
    () => new ListObjectsV2Command({ Bucket, StartAfter: "a/1", MaxKeys: 1, EncodingType: "url" }),
    "Name Prefix StartAfter KeyCount MaxKeys EncodingType IsTruncated Contents",
    ["Contents", "Key LastModified ETag ChecksumAlgorithm ChecksumType Size StorageClass"],
  ],
  [
    "ListObjectsV2",
    () => new ListObjectsV2Command({ Bucket, MaxKeys: 1 }),
    "Name Prefix NextContinuationToken KeyCount MaxKeys IsTruncated Contents",
  ],
  [
    "ListObjectVersions",
    () => new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }),
    "Name Prefix KeyMarker VersionIdMarker NextKeyMarker NextVersionIdMarker MaxKeys IsTruncated Version DeleteMarker",
    [
      "Version",
      "Key VersionId IsLatest LastModified ETag ChecksumAlgorithm ChecksumType Size Owner StorageClass",
    ],
    VERSIONS,
  ],
  [
    "ListObjectVersions",
    () => new ListObjectVersionsCommand({ Bucket, Prefix: "a/2" }),
    "Name Prefix KeyMarker VersionIdMarker MaxKeys IsTruncated DeleteMarker Version",
    ["DeleteMarker", "Key VersionId IsLatest LastModified Owner"],
  ],
  [
    "ListMultipartUploads",
    () => new ListMultipartUploadsCommand({ Bucket, Delimiter: "/" }),
    "Bucket KeyMarker UploadIdMarker NextKeyMarker NextUploadIdMarker Delimiter Prefix MaxUploads IsTruncated Upload",
    ["Upload", "Key UploadId Initiator Owner StorageClass Initiated"],
  ],
  [
    "ListParts",
    () => new ListPartsCommand({ Bucket, ...upload }),
    "Bucket Key UploadId Initiator Owner StorageClass PartNumberMarker NextPartNumberMarker MaxParts IsTruncated Part",
    ["Part", "PartNumber LastModified ETag Size"],
  ],
  [
    "CopyObject",
    () => new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/b` }),
    "LastModified ETag ChecksumType ChecksumCRC32",
  ],
];
for (const [operation, command, elements, one, source = page(operation)] of ORDERS) {
  behaviour(`${operation} answers ${elements}`, source, async () => {
    const { text } = await s3.raw(command());
    const runs = elementsOf(text).filter((name, at, all) => name !== all[at - 1]);
    expect(runs.join(" ")).toBe(elements);
    if (one) expect(elementsOf(`<x>${elementIn(text, one[0])}</x>`).join(" ")).toBe(one[1]);
  });
}
