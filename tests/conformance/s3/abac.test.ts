import {
  CreateBucketCommand,
  DeleteBucketTaggingCommand,
  GetBucketAbacCommand,
  GetBucketTaggingCommand,
  PutBucketAbacCommand,
  PutBucketTaggingCommand,
} from "@aws-sdk/client-s3";
import { S3ControlClient, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-s3-control";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, denied, OTHER, OWNER } from "./bucket-access.ts";
import { refused } from "./client.ts";
import { resolved } from "./resolved.ts";

/* Attribute-based access control (ABAC) by bucket tags. */

const cloud = conformanceCloud();
const { of, owner, other, bucket, get, open } = bucketAccess(cloud);
const { user } = identities(cloud);

const ABAC = doc("AmazonS3/latest/userguide/buckets-tagging-enable-abac.html");
const TAGS = doc("AmazonS3/latest/userguide/buckets-tagging.html");
const CREATE = doc("AmazonS3/latest/API/API_CreateBucket.html");

const abac = (Bucket: string, Status: "Enabled" | "Disabled") =>
  owner().send(new PutBucketAbacCommand({ Bucket, AbacStatus: { Status } }));
const tag = (Bucket: string, Key: string, Value: string) =>
  owner().send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key, Value }] } }));
const statusOf = async (Bucket: string) =>
  (await owner().send(new GetBucketAbacCommand({ Bucket }))).AbacStatus?.Status;

const control = () => new S3ControlClient({ ...cloud.client({ account: OWNER }), ...resolved(cloud) });

behaviour("policies do not see a bucket's tags unless ABAC is enabled", ABAC, async () => {
  const Bucket = await bucket();
  expect(await statusOf(Bucket)).toBe("Disabled");
  await abac(Bucket, "Enabled");
  expect(await statusOf(Bucket)).toBe("Enabled");
  await abac(Bucket, "Disabled");
  expect(await statusOf(Bucket)).toBe("Disabled");
});

for (const key of ["aws:ResourceTag/team", "s3:BucketTag/team"]) {
  behaviour(`with ABAC enabled, a policy may test bucket tags by ${key}`, TAGS, async () => {
    const Bucket = await open({
      Principal: { AWS: OTHER },
      Action: "s3:GetObject",
      Condition: { StringEquals: { [key]: "red" } },
    });
    await tag(Bucket, "team", "red");
    await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
    await abac(Bucket, "Enabled");
    await get(other(), Bucket);
    await abac(Bucket, "Disabled");
    await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
  });
}

behaviour("with ABAC enabled, tags are changed only through the S3 Control API", ABAC, async () => {
  const Bucket = await bucket();
  await tag(Bucket, "team", "red");
  await abac(Bucket, "Enabled");
  await refused(tag(Bucket, "team", "blue"), "MethodNotAllowed", 405);
  await refused(owner().send(new DeleteBucketTaggingCommand({ Bucket })), "MethodNotAllowed", 405);
  const resource = { AccountId: OWNER, ResourceArn: `arn:aws:s3:::${Bucket}` };
  await control().send(new TagResourceCommand({ ...resource, Tags: [{ Key: "team", Value: "blue" }] }));
  const { TagSet } = await owner().send(new GetBucketTaggingCommand({ Bucket }));
  expect(TagSet).toEqual([{ Key: "team", Value: "blue" }]);
  await control().send(new UntagResourceCommand({ ...resource, TagKeys: ["team"] }));
  await refused(owner().send(new GetBucketTaggingCommand({ Bucket })), "NoSuchTagSet", 404);
});

behaviour("a policy may require tags of whoever creates a bucket", CREATE, async () => {
  const allows = [
    {
      Action: ["s3:CreateBucket", "s3:TagResource"],
      Resource: "*",
      Condition: {
        StringEquals: { "aws:RequestTag/team": "red" },
        "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] },
      },
    },
  ];
  const ann = of(user("ann", { account: OWNER, allows }));
  const create = (Bucket: string, ...Tags: { Key: string; Value: string }[]) =>
    ann.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } }));
  await create("of-the-red-team", { Key: "team", Value: "red" });
  await refused(create("of-the-blue-team", { Key: "team", Value: "blue" }), "AccessDenied", 403);
  await refused(
    create("of-two-teams", { Key: "team", Value: "red" }, { Key: "other", Value: "x" }),
    "AccessDenied",
    403,
  );
});

behaviour("CreateBucket with tags requires s3:TagResource", CREATE, async () => {
  const bob = of(user("bob", { account: OWNER, allows: [{ Action: "s3:CreateBucket", Resource: "*" }] }));
  const Tags = [{ Key: "team", Value: "red" }];
  await bob.send(new CreateBucketCommand({ Bucket: "bare-of-tags" }));
  await refused(
    bob.send(new CreateBucketCommand({ Bucket: "with-tags", CreateBucketConfiguration: { Tags } })),
    "AccessDenied",
    403,
  );
});
