import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
  PutBucketAclCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, denial, denied, OTHER, OWNER, OWNER_ID } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { of, owner, other, anonymous, bucket, policy, put, get } = bucketAccess(cloud);
const { user } = identities(cloud);

const BLOCK = doc("AmazonS3/latest/userguide/access-control-block-public-access.html");
const PUT = doc("AmazonS3/latest/API/API_PutPublicAccessBlock.html");
const GET = doc("AmazonS3/latest/API/API_GetPublicAccessBlock.html");
const DELETE = doc("AmazonS3/latest/API/API_DeletePublicAccessBlock.html");
const MESSAGES = doc("AmazonS3/latest/userguide/troubleshoot-403-errors.html");

const block = (Bucket: string, configuration: PublicAccessBlockConfiguration) =>
  owner().send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: configuration }));
const blocked = async (Bucket: string) =>
  (await owner().send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
const nothing = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const root = `arn:aws:iam::${OWNER}:root`;

async function withAcls(configuration: PublicAccessBlockConfiguration = nothing) {
  const Bucket = await bucket({ ObjectOwnership: "ObjectWriter" });
  await block(Bucket, configuration);
  return Bucket;
}

behaviour("a new bucket blocks all public access", BLOCK, async () => {
  expect(await blocked(await bucket())).toEqual({
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
});

behaviour("omitted settings are off", PUT, async () => {
  const Bucket = await bucket();
  await block(Bucket, { IgnorePublicAcls: true });
  expect(await blocked(Bucket)).toEqual({ ...nothing, IgnorePublicAcls: true });
});

behaviour("a configuration without settings is refused", PUT, async () => {
  await expect(block(await bucket(), {})).rejects.toMatchObject({
    name: "InvalidRequest",
    message: "Must specify at least one configuration.",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("a deleted configuration is not found", DELETE, async () => {
  const Bucket = await bucket();
  const gone = await owner().send(new DeletePublicAccessBlockCommand({ Bucket }));
  expect(gone.$metadata.httpStatusCode).toBe(204);
  await expect(blocked(Bucket)).rejects.toMatchObject({
    name: "NoSuchPublicAccessBlockConfiguration",
    message: "The public access block configuration was not found",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("public access is not blocked without a configuration", DELETE, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await owner().send(new DeletePublicAccessBlockCommand({ Bucket }));
  await policy(Bucket, { Action: "s3:GetObject" });
  await get(anonymous(), Bucket);
});

behaviour(
  "BlockPublicPolicy refuses public policies, and the message gives the reason",
  MESSAGES,
  async () => {
    const Bucket = await bucket();
    await expect(policy(Bucket, { Action: "s3:GetObject" })).rejects.toMatchObject(
      denial(
        root,
        "s3:PutBucketPolicy",
        `arn:aws:s3:::${Bucket}`,
        "because public policies are blocked by the BlockPublicPolicy block public access setting.",
      ),
    );
  },
);

behaviour("BlockPublicPolicy accepts policies for accounts", BLOCK, async () => {
  await policy(await bucket(), { Principal: { AWS: OTHER } });
});

behaviour("BlockPublicPolicy keeps an existing public policy", PUT, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await block(Bucket, nothing);
  await policy(Bucket, { Action: "s3:GetObject" });
  await block(Bucket, { BlockPublicPolicy: true });
  await get(anonymous(), Bucket);
});

behaviour(
  "a malformed policy is refused as malformed before it is tested for being public",
  PUT,
  async () => {
    const Bucket = await bucket();
    await expect(policy(Bucket, { Action: "s3:Nothing" })).rejects.toMatchObject({ name: "MalformedPolicy" });
  },
);

behaviour("RestrictPublicBuckets denies public access to a bucket with a public policy", BLOCK, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await block(Bucket, nothing);
  await policy(Bucket, { Action: "s3:GetObject" });
  await block(Bucket, { RestrictPublicBuckets: true });
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
});

behaviour(
  "RestrictPublicBuckets denies other accounts, even those that the public policy names",
  BLOCK,
  async () => {
    const Bucket = await bucket();
    await put(Bucket);
    await block(Bucket, nothing);
    await policy(Bucket, { Action: "s3:GetObject" }, { Principal: { AWS: OTHER } });
    await get(other(), Bucket);
    await block(Bucket, { RestrictPublicBuckets: true });
    await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
  },
);

behaviour("RestrictPublicBuckets does not restrict users of the owner's account", BLOCK, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await block(Bucket, nothing);
  await policy(Bucket, { Action: "s3:GetObject" });
  await block(Bucket, { RestrictPublicBuckets: true });
  await get(of(user("ann", { account: OWNER })), Bucket);
});

behaviour(
  "RestrictPublicBuckets does not restrict other accounts where the policy is not public",
  BLOCK,
  async () => {
    const Bucket = await bucket();
    await put(Bucket);
    await policy(Bucket, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
    await get(other(), Bucket);
  },
);

behaviour(
  "BlockPublicAcls refuses a public bucket ACL, and the message gives the reason",
  MESSAGES,
  async () => {
    const Bucket = await withAcls({ BlockPublicAcls: true });
    const opened = owner().send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    await expect(opened).rejects.toMatchObject(
      denial(
        root,
        "s3:PutBucketAcl",
        `arn:aws:s3:::${Bucket}`,
        "because public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting.",
      ),
    );
  },
);

for (const ACL of ["public-read", "public-read-write", "authenticated-read"] as const) {
  behaviour(`BlockPublicAcls refuses PutObject with the ACL ${ACL}`, PUT, async () => {
    const Bucket = await withAcls({ BlockPublicAcls: true });
    await expect(put(Bucket, "k", { ACL })).rejects.toMatchObject({
      name: "AccessDenied",
      $metadata: { httpStatusCode: 403 },
    });
  });
}

behaviour("BlockPublicAcls refuses a public grant in a header", PUT, async () => {
  const Bucket = await withAcls({ BlockPublicAcls: true });
  const GrantRead = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
  await expect(put(Bucket, "k", { GrantRead })).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour("BlockPublicAcls refuses a public object ACL", PUT, async () => {
  const Bucket = await withAcls({ BlockPublicAcls: true });
  await put(Bucket);
  const opened = owner().send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "public-read" }));
  await expect(opened).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour("BlockPublicAcls accepts ACLs for accounts and keeps existing ACLs", BLOCK, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "open", { ACL: "public-read" });
  await block(Bucket, { BlockPublicAcls: true });
  await put(Bucket, "k", { ACL: "bucket-owner-full-control" });
  await put(Bucket, "k", { GrantRead: `id="${OWNER_ID}"` });
  await get(anonymous(), Bucket, "open");
});

behaviour("IgnorePublicAcls accepts public ACLs but ignores them", BLOCK, async () => {
  const Bucket = await withAcls({ IgnorePublicAcls: true });
  await put(Bucket, "k", { ACL: "public-read" });
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  await block(Bucket, nothing);
  await get(anonymous(), Bucket);
});

behaviour("IgnorePublicAcls does not affect public policies", BLOCK, async () => {
  const Bucket = await withAcls({ IgnorePublicAcls: true });
  await put(Bucket);
  await policy(Bucket, { Action: "s3:GetObject" });
  await get(anonymous(), Bucket);
});

behaviour("PutPublicAccessBlock requires its permission", GET, async () => {
  const Bucket = await bucket();
  const ann = of(user("ann", { account: OWNER, allows: [{ Action: "s3:GetBucketPublicAccessBlock" }] }));
  await ann.send(new GetPublicAccessBlockCommand({ Bucket }));
  await expect(
    ann.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: nothing })),
  ).rejects.toMatchObject({
    message: expect.stringContaining(
      "no identity-based policy allows the s3:PutBucketPublicAccessBlock action",
    ),
  });
});

behaviour("a refused public ACL gives callers of other accounts no reason", MESSAGES, async () => {
  const Bucket = await withAcls({ BlockPublicAcls: true });
  await policy(Bucket, { Principal: { AWS: OTHER }, Action: ["s3:PutObject", "s3:PutObjectAcl"] });
  const written = other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "", ACL: "public-read" }));
  await expect(written).rejects.toMatchObject(denied);
});

behaviour("a refused public policy leaves the existing policy unchanged", PUT, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await policy(Bucket, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await expect(policy(Bucket, {})).rejects.toMatchObject({ name: "AccessDenied" });
  await get(other(), Bucket);
});
