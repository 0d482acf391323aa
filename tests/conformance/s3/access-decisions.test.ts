import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, denial, denied, OTHER, OTHER_ID, OWNER } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { of, owner, other, anonymous, account, policy, put, get, list, open } = bucketAccess(cloud);
const { user, session } = identities(cloud);

const LOGIC = doc("IAM/latest/UserGuide/reference_policies_evaluation-logic.html");
const CROSS = doc("IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html");
const PRINCIPAL = doc("IAM/latest/UserGuide/reference_policies_elements_principal.html");
const MESSAGES = doc("AmazonS3/latest/userguide/troubleshoot-403-errors.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const OWNERS = doc("AmazonS3/latest/userguide/bucket-owner-condition.html");

// Principals

behaviour("other accounts have no access to a bucket without a policy", LOGIC, async () => {
  const Bucket = await open();
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("the principal * includes anonymous callers", PRINCIPAL, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  expect(await (await get(anonymous(), Bucket)).Body!.transformToString()).toBe("data");
});

behaviour("everybody may also be written as the AWS principal *", PRINCIPAL, async () => {
  const Bucket = await open({ Principal: { AWS: "*" }, Action: "s3:GetObject" });
  await get(anonymous(), Bucket);
});

for (const [what, Principal] of [
  ["by its ID", { AWS: OTHER }],
  ["by the ARN of its root user", { AWS: `arn:aws:iam::${OTHER}:root` }],
  ["by its canonical user ID", { CanonicalUser: OTHER_ID }],
] as const) {
  behaviour(`an account may be named ${what}`, PRINCIPAL, async () => {
    const Bucket = await open({ Principal, Action: "s3:GetObject" });
    await get(other(), Bucket);
    await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
    await expect(get(account("777788889999"), Bucket)).rejects.toMatchObject(denied);
  });
}

behaviour("an action that the policy does not allow is denied to another account", LOGIC, async () => {
  const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await expect(other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "" }))).rejects.toMatchObject(
    denied,
  );
});

behaviour("an explicit deny overrides every allow", LOGIC, async () => {
  const Bucket = await open({ Action: "s3:*" }, { Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  await list(anonymous(), Bucket);
});

behaviour(
  "an explicit deny applies to the owner's root user, and the message says so",
  MESSAGES,
  async () => {
    const Bucket = await open({ Effect: "Deny", Action: "s3:GetObject" });
    await expect(get(owner(), Bucket)).rejects.toMatchObject(
      denial(
        `arn:aws:iam::${OWNER}:root`,
        "s3:GetObject",
        `arn:aws:s3:::${Bucket}/k`,
        "with an explicit deny in a resource-based policy",
      ),
    );
  },
);

behaviour("a user without a policy has no access", MESSAGES, async () => {
  const Bucket = await open();
  await expect(get(of(user("ann", { account: OWNER })), Bucket)).rejects.toMatchObject(
    denial(
      `arn:aws:iam::${OWNER}:user/ann`,
      "s3:GetObject",
      `arn:aws:s3:::${Bucket}/k`,
      "because no identity-based policy allows the s3:GetObject action",
    ),
  );
  await get(of(user("ann", { account: OWNER, allows: [{ Action: "s3:GetObject" }] })), Bucket);
});

behaviour("a bucket policy that names a user of its account grants access by itself", LOGIC, async () => {
  const Bucket = await open({ Principal: { AWS: `arn:aws:iam::${OWNER}:user/bob` }, Action: "s3:GetObject" });
  await get(of(user("bob", { account: OWNER })), Bucket);
  await expect(get(of(user("eve", { account: OWNER })), Bucket)).rejects.toMatchObject({
    name: "AccessDenied",
  });
});

behaviour(
  "a bucket policy that names the account defers to the account's identity policies",
  PRINCIPAL,
  async () => {
    const Bucket = await open({ Principal: { AWS: OWNER }, Action: "s3:GetObject" });
    await expect(get(of(user("ann", { account: OWNER })), Bucket)).rejects.toMatchObject({
      name: "AccessDenied",
    });
  },
);

behaviour("a deny in the user's policy overrides an allow in the bucket policy", MESSAGES, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  const dan = user("dan", { account: OWNER, allows: [{ Effect: "Deny", Action: "s3:*" }] });
  await expect(get(of(dan), Bucket)).rejects.toMatchObject({
    message: expect.stringMatching(/with an explicit deny in an identity-based policy$/),
  });
});

behaviour("a permissions boundary limits the user's policies", MESSAGES, async () => {
  const Bucket = await open();
  const bea = user("bea", { account: OWNER, allows: [{ Action: "*" }], boundary: { Action: "s3:List*" } });
  await list(of(bea), Bucket);
  await expect(get(of(bea), Bucket)).rejects.toMatchObject({
    message: expect.stringMatching(/because no permissions boundary allows the s3:GetObject action$/),
  });
});

behaviour("a session policy limits the role's session", MESSAGES, async () => {
  const Bucket = await open();
  const role = session("reader", {
    account: OWNER,
    allows: [{ Action: "*" }],
    session: { Action: "s3:List*" },
  });
  await list(of(role), Bucket);
  await expect(get(of(role), Bucket)).rejects.toMatchObject({
    message: expect.stringMatching(/because no session policy allows the s3:GetObject action$/),
  });
});

behaviour("a principal that is a role's ARN matches all sessions of the role", PRINCIPAL, async () => {
  const Bucket = await open({
    Principal: { AWS: `arn:aws:iam::${OWNER}:role/writer` },
    Action: "s3:GetObject",
  });
  await get(of(session("writer", { account: OWNER })), Bucket);
});

behaviour("cross-account access of a user requires an allow on both sides", CROSS, async () => {
  const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await get(of(user("ann", { account: OTHER, allows: [{ Action: "s3:GetObject" }] })), Bucket);
  await expect(get(of(user("bob", { account: OTHER })), Bucket)).rejects.toMatchObject(denied);
  await expect(
    list(of(user("eve", { account: OTHER, allows: [{ Action: "s3:*" }] })), Bucket),
  ).rejects.toMatchObject(denied);
});

behaviour("AccessDenied gives callers of other accounts no reason", MESSAGES, async () => {
  const Bucket = await open({ Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
});

// Actions

behaviour("GetObject of a version requires s3:GetObjectVersion", GET, async () => {
  const Bucket = await open();
  await owner().send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const { VersionId } = await put(Bucket, "v");
  await policy(Bucket, { Action: "s3:GetObject" });
  await get(anonymous(), Bucket, "v");
  await expect(get(anonymous(), Bucket, "v", { VersionId })).rejects.toMatchObject(denied);
  await policy(Bucket, { Action: "s3:GetObjectVersion" });
  await get(anonymous(), Bucket, "v", { VersionId });
});

behaviour("GetObject of a missing key answers 403 without s3:ListBucket", GET, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  await expect(get(anonymous(), Bucket, "missing")).rejects.toMatchObject(denied);
  const ann = user("ann", { account: OWNER, allows: [{ Action: "s3:GetObject" }] });
  await expect(get(of(ann), Bucket, "missing")).rejects.toMatchObject(
    denial(
      `arn:aws:iam::${OWNER}:user/ann`,
      "s3:ListBucket",
      `arn:aws:s3:::${Bucket}`,
      "because no identity-based policy allows the s3:ListBucket action",
    ),
  );
});

behaviour("GetObject of a missing key answers 404 with s3:ListBucket", GET, async () => {
  const Bucket = await open({ Action: ["s3:GetObject", "s3:ListBucket"] });
  await expect(get(anonymous(), Bucket, "missing")).rejects.toMatchObject({ name: "NoSuchKey" });
});

behaviour(
  "HeadObject of a missing key answers 403 without s3:ListBucket and 404 with it",
  doc("AmazonS3/latest/API/API_HeadObject.html"),
  async () => {
    const Bucket = await open({ Action: "s3:GetObject" });
    const head = () => anonymous().send(new HeadObjectCommand({ Bucket, Key: "missing" }));
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await policy(Bucket, { Action: ["s3:GetObject", "s3:ListBucket"] });
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  },
);

behaviour("HeadBucket requires s3:ListBucket", doc("AmazonS3/latest/API/API_HeadBucket.html"), async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  const head = () => anonymous().send(new HeadBucketCommand({ Bucket }));
  await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  await policy(Bucket, { Action: "s3:ListBucket" });
  await head();
});

behaviour(
  "DeleteObjects authorizes each key separately",
  doc("AmazonS3/latest/API/API_DeleteObjects.html"),
  async () => {
    const Bucket = await open();
    await put(Bucket, "mine/a");
    await policy(Bucket, {
      Principal: { AWS: OTHER },
      Action: "s3:DeleteObject",
      Resource: `arn:aws:s3:::${Bucket}/mine/*`,
    });
    const { Deleted, Errors } = await other().send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "mine/a" }, { Key: "k" }] } }),
    );
    expect(Deleted).toEqual([{ Key: "mine/a" }]);
    expect(Errors).toEqual([{ Key: "k", Code: "AccessDenied", Message: "Access Denied" }]);
  },
);

behaviour(
  "PutObject with tags requires s3:PutObjectTagging",
  doc("AmazonS3/latest/API/API_PutObject.html"),
  async () => {
    const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:PutObject" });
    const write = (more: object) =>
      other().send(new PutObjectCommand({ Bucket, Key: "t", Body: "", ...more }));
    await write({});
    await expect(write({ Tagging: "a=b" })).rejects.toMatchObject(denied);
    await policy(Bucket, { Principal: { AWS: OTHER }, Action: ["s3:PutObject", "s3:PutObjectTagging"] });
    await write({ Tagging: "a=b" });
  },
);

behaviour(
  "CopyObject requires reading the source and writing the destination",
  doc("AmazonS3/latest/API/API_CopyObject.html"),
  async () => {
    const from = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
    const to = await open({ Principal: { AWS: OTHER }, Action: "s3:PutObject" });
    const copy = (source: string, Bucket: string) =>
      other().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${source}/k` }));
    await copy(from, to);
    await expect(copy(to, to)).rejects.toMatchObject(denied);
    await expect(copy(from, from)).rejects.toMatchObject(denied);
  },
);

behaviour(
  "CopyObject with tags requires s3:GetObjectTagging on the source and s3:PutObjectTagging on the destination",
  "https://repost.aws/knowledge-center/s3-troubleshoot-copy-between-buckets",
  async () => {
    const from = await open({ Principal: { AWS: OTHER }, Action: ["s3:GetObject", "s3:GetObjectTagging"] });
    await put(from, "tagged", { Tagging: "a=b" });
    const untagging = { Principal: { AWS: OTHER }, Action: "s3:PutObject" };
    const Bucket = await open(untagging);
    const copy = (more: object = {}, CopySource = `${from}/tagged`) =>
      other().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource, ...more }));
    await copy({}, `${from}/k`);
    await copy({ TaggingDirective: "REPLACE" });
    await expect(copy()).rejects.toMatchObject(denied);
    await expect(copy({ TaggingDirective: "REPLACE", Tagging: "c=d" })).rejects.toMatchObject(denied);
    await policy(Bucket, untagging, { Principal: { AWS: OTHER }, Action: "s3:PutObjectTagging" });
    await copy();
    await copy({ TaggingDirective: "REPLACE", Tagging: "c=d" });
  },
);

behaviour("x-amz-tagging-count is omitted without s3:GetObjectTagging", GET, async () => {
  const reading = { Action: ["s3:GetObject", "s3:GetObjectVersion"] };
  const Bucket = await open(reading);
  await owner().send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const { VersionId } = await put(Bucket, "k", { Tagging: "a=b&c=d" });
  const counts = async () =>
    Promise.all(
      [{}, { VersionId }].map(async (which) => [
        (await get(other(), Bucket, "k", which)).TagCount,
        (await other().send(new HeadObjectCommand({ Bucket, Key: "k", ...which }))).TagCount,
      ]),
    );
  expect(await counts()).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  await policy(Bucket, reading, { Action: "s3:GetObjectTagging" });
  expect(await counts()).toEqual([
    [2, 2],
    [undefined, undefined],
  ]);
  await policy(Bucket, reading, { Action: "s3:GetObjectVersionTagging" });
  expect(await counts()).toEqual([
    [undefined, undefined],
    [2, 2],
  ]);
});

behaviour(
  "UploadPartCopy does not copy tags",
  doc("AmazonS3/latest/API/API_UploadPartCopy.html"),
  async () => {
    const from = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
    await put(from, "tagged", { Tagging: "a=b" });
    const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:PutObject" });
    const CopySource = `${from}/tagged`;
    const { UploadId } = await other().send(new CreateMultipartUploadCommand({ Bucket, Key: "m" }));
    await other().send(new UploadPartCopyCommand({ Bucket, Key: "m", UploadId, PartNumber: 1, CopySource }));
    const whole = other().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource }));
    await expect(whole).rejects.toMatchObject(denied);
  },
);

behaviour(
  "ListBuckets requires s3:ListAllMyBuckets",
  doc("AmazonS3/latest/API/API_ListBuckets.html"),
  async () => {
    await expect(of(user("ann", { account: OWNER })).send(new ListBucketsCommand({}))).rejects.toMatchObject({
      message: expect.stringContaining("no identity-based policy allows the s3:ListAllMyBuckets action"),
    });
    await of(user("bob", { account: OWNER, allows: [{ Action: "s3:ListAllMyBuckets" }] })).send(
      new ListBucketsCommand({}),
    );
  },
);

behaviour("ExpectedBucketOwner must be the bucket's owner", OWNERS, async () => {
  const Bucket = await open();
  await get(owner(), Bucket, "k", { ExpectedBucketOwner: OWNER });
  await expect(get(owner(), Bucket, "k", { ExpectedBucketOwner: OTHER })).rejects.toMatchObject(denied);
  await expect(list(owner(), Bucket, { ExpectedBucketOwner: OTHER })).rejects.toMatchObject(denied);
});

behaviour("ExpectedSourceBucketOwner must be the owner of the copy's source", OWNERS, async () => {
  const Bucket = await open();
  const copy = (ExpectedSourceBucketOwner: string) =>
    owner().send(
      new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k`, ExpectedSourceBucketOwner }),
    );
  await copy(OWNER);
  await expect(copy(OTHER)).rejects.toMatchObject(denied);
});

behaviour(
  "an ExpectedBucketOwner that is not an account ID is refused",
  "https://github.com/grafana/loki/issues/15382",
  async () => {
    await expect(get(owner(), await open(), "k", { ExpectedBucketOwner: "me" })).rejects.toMatchObject({
      name: "InvalidBucketOwnerAWSAccountID",
      message: "The value of the expected bucket owner parameter must be an AWS Account ID... [me]",
      $metadata: { httpStatusCode: 400 },
    });
  },
);
