import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  GetObjectAnnotationCommand,
  HeadObjectCommand,
  ListObjectAnnotationsCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeEach, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { s3Client } from "./client.ts";

const cloud = conformanceCloud();
const WHAT = doc("AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html");
const STATUS = doc("AmazonS3/latest/API/API_AnnotationEntry.html");

const client = () => s3Client(cloud);
const on = { Status: "Enabled" } as const;
let from: string;
let to: string;
let pairs = 0;
beforeEach(async () => {
  [from, to] = [`from-${++pairs}`, `to-${pairs}`];
  for (const Bucket of [from, to]) {
    await client().send(new CreateBucketCommand({ Bucket }));
    await client().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: on }));
  }
  const rule = {
    ...on,
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Disabled" },
  };
  await client().send(
    new PutBucketReplicationCommand({
      Bucket: from,
      ReplicationConfiguration: {
        Role: "arn:aws:iam::000000000000:role/replication",
        Rules: [{ ...rule, Destination: { Bucket: `arn:aws:s3:::${to}` } } as never],
      },
    }),
  );
  await client().send(new PutObjectCommand({ Bucket: from, Key: "k", Body: "hello" }));
});

const annotate = (AnnotationName: string, AnnotationPayload: string, Bucket = from) =>
  client().send(new PutObjectAnnotationCommand({ Bucket, Key: "k", AnnotationName, AnnotationPayload }));
const read = async (AnnotationName: string, Bucket = to, Key = "k") => {
  const answer = await client().send(new GetObjectAnnotationCommand({ Bucket, Key, AnnotationName }));
  return [await answer.AnnotationPayload!.transformToString(), answer.ReplicationStatus];
};
const list = async (Bucket: string, Key = "k") => {
  const { Annotations = [] } = await client().send(new ListObjectAnnotationsCommand({ Bucket, Key }));
  return Annotations.map(({ AnnotationName, ReplicationStatus }) => [AnnotationName, ReplicationStatus]);
};
const replicate = () => cloud.advance(1_000);

behaviour("an annotation is replicated to the destinations of its object", WHAT, async () => {
  await replicate();
  await annotate("a", "one");
  await replicate();
  expect(await read("a")).toEqual(["one", "REPLICA"]);
  expect(await list(from)).toEqual([["a", "COMPLETED"]]);
  expect(await list(to)).toEqual([["a", "REPLICA"]]);
});

behaviour("an annotation of an object with pending replication is replicated after it", WHAT, async () => {
  await annotate("a", "one");
  await annotate("large", "x".repeat(200_000));
  await replicate();
  expect(await list(to)).toEqual([
    ["a", "REPLICA"],
    ["large", "REPLICA"],
  ]);
  expect(await read("large")).toEqual(["x".repeat(200_000), "REPLICA"]);
});

behaviour("replacing or deleting an annotation is replicated", WHAT, async () => {
  await annotate("a", "one");
  await annotate("b", "two");
  await replicate();
  await annotate("a", "three");
  const named = { Bucket: from, Key: "k", AnnotationName: "b" };
  await client().send(new DeleteObjectAnnotationCommand(named));
  await replicate();
  expect(await list(to)).toEqual([["a", "REPLICA"]]);
  expect(await read("a")).toEqual(["three", "REPLICA"]);
});

behaviour("annotations of a copied object are replicated", WHAT, async () => {
  await annotate("a", "one");
  await replicate();
  await client().send(new CopyObjectCommand({ Bucket: from, Key: "copy", CopySource: `${from}/k` }));
  await replicate();
  expect(await list(to, "copy")).toEqual([["a", "REPLICA"]]);
  expect(await list(from, "copy")).toEqual([["a", "COMPLETED"]]);
});

behaviour("annotations put on a replica are not replicated", WHAT, async () => {
  await replicate();
  await annotate("own", "one", to);
  await replicate();
  expect(await list(from)).toEqual([]);
  expect(await list(to)).toEqual([["own", undefined]]);
});

behaviour("an annotation whose replica was deleted has the status FAILED", STATUS, async () => {
  await replicate();
  const { VersionId } = await client().send(new HeadObjectCommand({ Bucket: to, Key: "k" }));
  await client().send(new DeleteObjectCommand({ Bucket: to, Key: "k", VersionId }));
  await annotate("a", "one");
  await replicate();
  expect(await list(from)).toEqual([["a", "FAILED"]]);
});

behaviour(
  "annotations of a copied object that cannot be replicated have the status FAILED",
  STATUS,
  async () => {
    await annotate("a", "one");
    await replicate();
    await client().send(new DeleteObjectCommand({ Bucket: from, Key: "k" }));
    const { VersionId } = await client().send(new HeadObjectCommand({ Bucket: to, Key: "k" }));
    await client().send(new DeleteObjectCommand({ Bucket: to, Key: "k", VersionId }));
    await client().send(new DeleteBucketCommand({ Bucket: to }));
    const CopySource = `${from}/k?versionId=${VersionId}`;
    await client().send(new CopyObjectCommand({ Bucket: from, Key: "copy", CopySource }));
    await replicate();
    expect(await list(from, "copy")).toEqual([["a", "FAILED"]]);
  },
);
