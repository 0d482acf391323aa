import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetBucketRequestPaymentCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type Payer,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { owner, other, anonymous, open, bucket } = bucketAccess(cloud);

const PAYS = doc("AmazonS3/latest/userguide/RequesterPaysBuckets.html");
const OBJECTS = doc("AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html");
const PUT = doc("AmazonS3/latest/API/API_PutBucketRequestPayment.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketRequestPayment.html");

const setPayer = (Bucket: string, payer: Payer) =>
  owner().send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: payer } }));
const payer = async (Bucket: string) =>
  (await owner().send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer;

/** Creates a public bucket with Requester Pays. */
async function requesterPays() {
  const Bucket = await open({});
  await setPayer(Bucket, "Requester");
  return Bucket;
}
const RequestPayer = "requester" as const;

behaviour("the bucket owner pays by default", GET, async () => {
  expect(await payer(await bucket())).toBe("BucketOwner");
});

behaviour("PutBucketRequestPayment sets who pays, in both directions", PUT, async () => {
  const Bucket = await bucket();
  await setPayer(Bucket, "Requester");
  expect(await payer(Bucket)).toBe("Requester");
  await setPayer(Bucket, "BucketOwner");
  expect(await payer(Bucket)).toBe("BucketOwner");
});

behaviour("an unknown payer is malformed", PUT, async () => {
  await expect(setPayer(await bucket(), "Nobody" as Payer)).rejects.toMatchObject({
    name: "MalformedXML",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("a request without x-amz-request-payer is denied", PAYS, async () => {
  const Bucket = await requesterPays();
  await expect(other().send(new GetObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject(denied);
  await expect(other().send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
});

behaviour(
  "a request with x-amz-request-payer is served, and the response says that the requester was charged",
  OBJECTS,
  async () => {
    const Bucket = await requesterPays();
    const got = await other().send(new GetObjectCommand({ Bucket, Key: "k", RequestPayer }));
    expect(got.RequestCharged).toBe("requester");
    const head = await other().send(new HeadObjectCommand({ Bucket, Key: "k", RequestPayer }));
    expect(head.RequestCharged).toBe("requester");
  },
);

behaviour("puts, copies, listings and batches accept x-amz-request-payer", PAYS, async () => {
  const Bucket = await requesterPays();
  const charged = { RequestCharged: "requester" };
  const put = new PutObjectCommand({ Bucket, Key: "p", Body: "data", RequestPayer });
  expect(await other().send(put)).toMatchObject(charged);
  const copy = new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/p`, RequestPayer });
  expect(await other().send(copy)).toMatchObject(charged);
  expect(await other().send(new ListObjectsV2Command({ Bucket, RequestPayer }))).toMatchObject(charged);
  const batch = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "p" }] }, RequestPayer });
  expect(await other().send(batch)).toMatchObject(charged);
});

behaviour("anonymous requests to a Requester Pays bucket are denied", PAYS, async () => {
  const Bucket = await requesterPays();
  const got = anonymous().send(new GetObjectCommand({ Bucket, Key: "k", RequestPayer }));
  await expect(got).rejects.toMatchObject(denied);
});

behaviour("the owner's requests need no x-amz-request-payer, and are not charged", PAYS, async () => {
  const Bucket = await requesterPays();
  const got = await owner().send(new GetObjectCommand({ Bucket, Key: "k" }));
  expect(got.RequestCharged).toBeUndefined();
});

behaviour("x-amz-request-payer is ignored where the owner pays", OBJECTS, async () => {
  const Bucket = await open({});
  const got = await other().send(new GetObjectCommand({ Bucket, Key: "k", RequestPayer }));
  expect(got.RequestCharged).toBeUndefined();
});

behaviour("a requester who pays still needs permission", PAYS, async () => {
  const Bucket = await open();
  await setPayer(Bucket, "Requester");
  const got = other().send(new GetObjectCommand({ Bucket, Key: "k", RequestPayer }));
  await expect(got).rejects.toMatchObject(denied);
});
