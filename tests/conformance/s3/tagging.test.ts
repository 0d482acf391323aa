import {
  DeleteBucketTaggingCommand,
  DeleteObjectTaggingCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "tagging");
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "b" }));
});

const TAGS = doc("AmazonS3/latest/userguide/object-tagging.html");
const PUT = doc("AmazonS3/latest/API/API_PutObjectTagging.html");
const GET = doc("AmazonS3/latest/API/API_GetObjectTagging.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteObjectTagging.html");
const BUCKET = doc("AmazonS3/latest/API/API_PutBucketTagging.html");

const tag = (TagSet: Tag[], Key = "k") =>
  s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
const tagsOf = async (Key = "k") => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

behaviour("an object without tags has an empty tag set", GET, async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "b" }));
  const { text } = await s3.raw(new GetObjectTaggingCommand({ Bucket, Key: "plain" }));
  expect(text).toContain('<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text)).toEqual(["TagSet"]);
  expect(await tagsOf("plain")).toEqual([]);
});

behaviour("PutObjectTagging replaces all tags", PUT, async () => {
  await tag([{ Key: "a", Value: "1" }]);
  const TagSet = [
    { Key: "team", Value: "blue" },
    { Key: "empty", Value: "" },
  ];
  expect((await s3.raw(new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging: { TagSet } }))).status).toBe(
    200,
  );
  expect(await tagsOf()).toEqual(TagSet);
});

behaviour("PutObject accepts tags", doc("AmazonS3/latest/API/API_PutObject.html"), async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "born", Body: "b", Tagging: "a=1&b=x%20y" }));
  expect(await tagsOf("born")).toEqual([
    { Key: "a", Value: "1" },
    { Key: "b", Value: "x y" },
  ]);
});

behaviour("reads return the number of tags", doc("AmazonS3/latest/API/API_GetObject.html"), async () => {
  expect((await s3.send(new GetObjectCommand({ Bucket, Key: "born" }))).TagCount).toBe(2);
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "plain" }));
  expect(headers).not.toHaveProperty("x-amz-tagging-count");
});

behaviour("DeleteObjectTagging answers 204", DELETE, async () => {
  await tag([{ Key: "a", Value: "1" }]);
  expect((await s3.raw(new DeleteObjectTaggingCommand({ Bucket, Key: "k" }))).status).toBe(204);
  expect(await tagsOf()).toEqual([]);
});

behaviour("each version has its own tags", PUT, async () => {
  const of = await freshBucket(s3);
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: of, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: of, Key: "k", Body: "1" }));
  await s3.send(new PutObjectCommand({ Bucket: of, Key: "k", Body: "2" }));
  const TagSet = [{ Key: "a", Value: "1" }];
  const put = await s3.send(
    new PutObjectTaggingCommand({ Bucket: of, Key: "k", VersionId, Tagging: { TagSet } }),
  );
  expect(put.VersionId).toBe(VersionId);
  const older = await s3.send(new GetObjectTaggingCommand({ Bucket: of, Key: "k", VersionId }));
  expect(older.TagSet).toEqual(TagSet);
  expect((await s3.send(new GetObjectTaggingCommand({ Bucket: of, Key: "k" }))).TagSet).toEqual([]);
});

behaviour("an object has at most ten tags", TAGS, () =>
  refused(tag(Array.from({ length: 11 }, (_, n) => ({ Key: `t${n}`, Value: "" }))), "BadRequest", 400, {
    message: "Object tags cannot be greater than 10",
  }),
);

behaviour("duplicate tag keys are refused", TAGS, () =>
  refused(
    tag([
      { Key: "a", Value: "1" },
      { Key: "a", Value: "2" },
    ]),
    "InvalidTag",
    400,
    { message: "Cannot provide multiple Tags with the same key" },
  ),
);

for (const [what, one, message] of [
  ["a key of 129 characters", { Key: "k".repeat(129), Value: "" }, "The TagKey you have provided is invalid"],
  [
    "a value of 257 characters",
    { Key: "k", Value: "v".repeat(257) },
    "The TagValue you have provided is invalid",
  ],
  ["an empty key", { Key: "", Value: "v" }, "The TagKey you have provided is invalid"],
  ["an invalid character in the key", { Key: "a<b", Value: "v" }, "The TagKey you have provided is invalid"],
] as const) {
  behaviour(`a tag with ${what} is refused`, TAGS, () => refused(tag([one]), "InvalidTag", 400, { message }));
}

behaviour("keys that begin with aws: are reserved", TAGS, () =>
  refused(tag([{ Key: "aws:name", Value: "v" }]), "InvalidTag", 400),
);

for (const [what, source, Tagging] of [
  ["duplicate tag keys in the header are refused", TAGS, "a=1&a=2"],
  [
    "a tag with several equals signs in the header is refused",
    "https://github.com/aws/aws-cli/issues/2841",
    "TagSet=[{Key=k,Value=v}]",
  ],
] as const) {
  behaviour(what, source, () =>
    refused(s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "b", Tagging })), "InvalidArgument", 400, {
      message:
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      ArgumentName: "x-amz-tagging",
    }),
  );
}

behaviour("tagging of a missing object fails", GET, () => refused(tagsOf("not-there"), "NoSuchKey", 404));

// Buckets

behaviour("a bucket without tags has no tag set", doc("AmazonS3/latest/API/API_GetBucketTagging.html"), () =>
  refused(s3.send(new GetBucketTaggingCommand({ Bucket })), "NoSuchTagSet", 404, {
    message: "The TagSet does not exist",
    BucketName: Bucket,
  }),
);

behaviour("PutBucketTagging answers 204 and stores the tags", BUCKET, async () => {
  const of = await freshBucket(s3);
  const TagSet = [{ Key: "team", Value: "blue" }];
  expect((await s3.raw(new PutBucketTaggingCommand({ Bucket: of, Tagging: { TagSet } }))).status).toBe(204);
  expect((await s3.send(new GetBucketTaggingCommand({ Bucket: of }))).TagSet).toEqual(TagSet);
});

behaviour(
  "DeleteBucketTagging answers 204",
  doc("AmazonS3/latest/API/API_DeleteBucketTagging.html"),
  async () => {
    const of = await freshBucket(s3);
    await s3.send(
      new PutBucketTaggingCommand({ Bucket: of, Tagging: { TagSet: [{ Key: "a", Value: "1" }] } }),
    );
    expect((await s3.raw(new DeleteBucketTaggingCommand({ Bucket: of }))).status).toBe(204);
    await refused(s3.send(new GetBucketTaggingCommand({ Bucket: of })), "NoSuchTagSet", 404);
  },
);
