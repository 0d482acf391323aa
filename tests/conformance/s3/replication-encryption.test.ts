import { hash } from "node:crypto";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const send: S3Client["send"] = ((command: never) =>
  new S3Client({ ...cloud.client(), forcePathStyle: true }).send(command)) as never;

const ENCRYPTED = doc("AmazonS3/latest/userguide/replication-config-for-kms-objects.html");
const BLOCKING = doc("AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html");

const bytes = Buffer.alloc(32, "k");
const KEY = {
  SSECustomerAlgorithm: "AES256",
  SSECustomerKey: bytes.toString("base64"),
  SSECustomerKeyMD5: hash("md5", bytes, "base64"),
};

let pairs = 0;
/** Creates a source and a destination. */
async function pair() {
  const [from, to] = [`from-${++pairs}`, `to-${pairs}`];
  for (const Bucket of [from, to]) {
    await send(new CreateBucketCommand({ Bucket }));
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  }
  const rule = {
    Status: "Enabled",
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Disabled" },
    Destination: { Bucket: `arn:aws:s3:::${to}` },
  } as const;
  const configuration = { Role: "arn:aws:iam::000000000000:role/replication", Rules: [rule] };
  await send(new PutBucketReplicationCommand({ Bucket: from, ReplicationConfiguration: configuration }));
  return { from, to };
}

async function write(Bucket: string, extra: object) {
  await send(new PutObjectCommand({ Bucket, Key: "k", Body: "hello", ...extra }));
  await cloud.advance(1_000);
}

behaviour(
  "an object with a customer's key is replicated, and the replica has the same key",
  ENCRYPTED,
  async () => {
    const { from, to } = await pair();
    await write(from, KEY);
    const read = (key: object) => send(new GetObjectCommand({ Bucket: to, Key: "k", ...key }));
    const replica = await read(KEY);
    expect(replica).toMatchObject({
      ReplicationStatus: "REPLICA",
      SSECustomerKeyMD5: KEY.SSECustomerKeyMD5,
    });
    expect(await replica.Body!.transformToString()).toBe("hello");
    await expect(read({})).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  },
);

behaviour(
  "replication to a bucket that blocks SSE-C fails for objects with a customer's key",
  BLOCKING,
  async () => {
    const { from, to } = await pair();
    await send(
      new PutBucketEncryptionCommand({
        Bucket: to,
        ServerSideEncryptionConfiguration: {
          Rules: [{ BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] } }],
        },
      }),
    );
    await write(from, KEY);
    const source = await send(new HeadObjectCommand({ Bucket: from, Key: "k", ...KEY }));
    expect(source.ReplicationStatus).toBe("FAILED");
    await write(from, {});
    const replica = await send(new HeadObjectCommand({ Bucket: to, Key: "k" }));
    expect(replica.ReplicationStatus).toBe("REPLICA");
  },
);
