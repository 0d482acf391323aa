import { CreateBucketCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const s3 = (options = {}) => new S3Client({ ...cloud.client(options), forcePathStyle: true });

behaviour(
  "HeadBucket of a bucket that is not there answers 404",
  doc("AmazonS3/latest/API/API_HeadBucket.html"),
  async () => {
    await expect(s3().send(new HeadBucketCommand({ Bucket: "not-there" }))).rejects.toMatchObject({
      name: "NotFound",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

behaviour(
  "a bucket is made in the Region of its constraint",
  doc("AmazonS3/latest/API/API_CreateBucket.html"),
  async () => {
    await s3({ region: "eu-west-1" }).send(
      new CreateBucketCommand({
        Bucket: "in-europe",
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    const head = await s3({ region: "eu-west-1" }).send(new HeadBucketCommand({ Bucket: "in-europe" }));
    expect(head.BucketRegion).toBe("eu-west-1");
  },
);
