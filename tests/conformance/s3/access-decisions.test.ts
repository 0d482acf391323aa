import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, denied, OTHER, OTHER_ID, OWNER } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { of, owner, other, nobody, account, bucket, unblock, policy } = bucketAccess(cloud);
const { user, session } = identities(cloud);

const LOGIC = doc("IAM/latest/UserGuide/reference_policies_evaluation-logic.html");
const CROSS = doc("IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html");
const PRINCIPAL = doc("IAM/latest/UserGuide/reference_policies_elements_principal.html");
const VARIABLES = doc("IAM/latest/UserGuide/reference_policies_variables.html");
const MESSAGES = doc("AmazonS3/latest/userguide/troubleshoot-403-errors.html");
const KEYS = doc("AmazonS3/latest/userguide/amazon-s3-policy-keys.html");
const GLOBAL = doc("IAM/latest/UserGuide/reference_policies_condition-keys.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const OWNERS = doc("AmazonS3/latest/userguide/bucket-owner-condition.html");

const put = (Bucket: string, Key = "k", more: object = {}) =>
  owner().send(new PutObjectCommand({ Bucket, Key, Body: "data", ...more }));
const get = (as: S3Client, Bucket: string, Key = "k", more: object = {}) =>
  as.send(new GetObjectCommand({ Bucket, Key, ...more }));
const list = (as: S3Client, Bucket: string, more: object = {}) =>
  as.send(new ListObjectsV2Command({ Bucket, ...more }));

/** A bucket with an object `k`, a policy of these statements, and the public not blocked. */
async function open(...statements: object[]): Promise<string> {
  const Bucket = await bucket();
  await unblock(Bucket);
  await put(Bucket);
  if (statements.length > 0) await policy(Bucket, ...statements);
  return Bucket;
}

const denial = (arn: string, action: string, resource: string, why: string) => ({
  name: "AccessDenied",
  message: `User: ${arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  $metadata: { httpStatusCode: 403 },
});

// Who

behaviour("nobody else enters a bucket without a policy", LOGIC, async () => {
  const Bucket = await open();
  await expect(get(nobody(), Bucket)).rejects.toMatchObject(denied);
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("a policy lets everybody in, also without a signature", PRINCIPAL, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  expect(await (await get(nobody(), Bucket)).Body!.transformToString()).toBe("data");
});

behaviour("everybody may also be written as an AWS principal", PRINCIPAL, async () => {
  const Bucket = await open({ Principal: { AWS: "*" }, Action: "s3:GetObject" });
  await get(nobody(), Bucket);
});

for (const [what, Principal] of [
  ["by its number", { AWS: OTHER }],
  ["by its root's ARN", { AWS: `arn:aws:iam::${OTHER}:root` }],
  ["by its canonical user id", { CanonicalUser: OTHER_ID }],
] as const) {
  behaviour(`an account is named ${what}`, PRINCIPAL, async () => {
    const Bucket = await open({ Principal, Action: "s3:GetObject" });
    await get(other(), Bucket);
    await expect(get(nobody(), Bucket)).rejects.toMatchObject(denied);
    await expect(get(account("777788889999"), Bucket)).rejects.toMatchObject(denied);
  });
}

behaviour("what the policy does not allow to another account is denied", LOGIC, async () => {
  const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await expect(other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "" }))).rejects.toMatchObject(
    denied,
  );
});

behaviour("an explicit deny wins over every allow", LOGIC, async () => {
  const Bucket = await open({ Action: "s3:*" }, { Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(nobody(), Bucket)).rejects.toMatchObject(denied);
  await list(nobody(), Bucket);
});

behaviour("an explicit deny holds for the owner's root, who is told so", MESSAGES, async () => {
  const Bucket = await open({ Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(owner(), Bucket)).rejects.toMatchObject(
    denial(
      `arn:aws:iam::${OWNER}:root`,
      "s3:GetObject",
      `arn:aws:s3:::${Bucket}/k`,
      "with an explicit deny in a resource-based policy",
    ),
  );
});

behaviour("a user needs a policy of its own", MESSAGES, async () => {
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

behaviour("or a bucket's policy that names the user", LOGIC, async () => {
  const Bucket = await open({ Principal: { AWS: `arn:aws:iam::${OWNER}:user/bob` }, Action: "s3:GetObject" });
  await get(of(user("bob", { account: OWNER })), Bucket);
  await expect(get(of(user("eve", { account: OWNER })), Bucket)).rejects.toMatchObject({
    name: "AccessDenied",
  });
});

behaviour("naming the account leaves it to the account's own policies", PRINCIPAL, async () => {
  const Bucket = await open({ Principal: { AWS: OWNER }, Action: "s3:GetObject" });
  await expect(get(of(user("ann", { account: OWNER })), Bucket)).rejects.toMatchObject({
    name: "AccessDenied",
  });
});

behaviour("a user's own deny wins over the bucket's allow", MESSAGES, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  const dan = user("dan", { account: OWNER, allows: [{ Effect: "Deny", Action: "s3:*" }] });
  await expect(get(of(dan), Bucket)).rejects.toMatchObject({
    message: expect.stringMatching(/with an explicit deny in an identity-based policy$/),
  });
});

behaviour("a permissions boundary limits what a user's policies give", MESSAGES, async () => {
  const Bucket = await open();
  const bea = user("bea", { account: OWNER, allows: [{ Action: "*" }], boundary: { Action: "s3:List*" } });
  await list(of(bea), Bucket);
  await expect(get(of(bea), Bucket)).rejects.toMatchObject({
    message: expect.stringMatching(/because no permissions boundary allows the s3:GetObject action$/),
  });
});

behaviour("a session policy limits what a role's session may", MESSAGES, async () => {
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

behaviour("a role is named by its ARN, for all of its sessions", PRINCIPAL, async () => {
  const Bucket = await open({
    Principal: { AWS: `arn:aws:iam::${OWNER}:role/writer` },
    Action: "s3:GetObject",
  });
  await get(of(session("writer", { account: OWNER })), Bucket);
});

behaviour("a user of another account needs both sides to allow", CROSS, async () => {
  const Bucket = await open({ Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await get(of(user("ann", { account: OTHER, allows: [{ Action: "s3:GetObject" }] })), Bucket);
  await expect(get(of(user("bob", { account: OTHER })), Bucket)).rejects.toMatchObject(denied);
  await expect(
    list(of(user("eve", { account: OTHER, allows: [{ Action: "s3:*" }] })), Bucket),
  ).rejects.toMatchObject(denied);
});

behaviour("a strangers' refusal tells no reason", MESSAGES, async () => {
  const Bucket = await open({ Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
});

// What

behaviour("a version that is named needs a permission of its own", GET, async () => {
  const Bucket = await open();
  await owner().send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const { VersionId } = await put(Bucket, "v");
  await policy(Bucket, { Action: "s3:GetObject" });
  await get(nobody(), Bucket, "v");
  await expect(get(nobody(), Bucket, "v", { VersionId })).rejects.toMatchObject(denied);
  await policy(Bucket, { Action: "s3:GetObjectVersion" });
  await get(nobody(), Bucket, "v", { VersionId });
});

behaviour("a key that is not there: 403 without the permission to list", GET, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  await expect(get(nobody(), Bucket, "missing")).rejects.toMatchObject(denied);
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

behaviour("a key that is not there: 404 with it", GET, async () => {
  const Bucket = await open({ Action: ["s3:GetObject", "s3:ListBucket"] });
  await expect(get(nobody(), Bucket, "missing")).rejects.toMatchObject({ name: "NoSuchKey" });
});

behaviour(
  "HEAD of a key that is not there: 403 or 404 likewise",
  doc("AmazonS3/latest/API/API_HeadObject.html"),
  async () => {
    const Bucket = await open({ Action: "s3:GetObject" });
    const head = () => nobody().send(new HeadObjectCommand({ Bucket, Key: "missing" }));
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await policy(Bucket, { Action: ["s3:GetObject", "s3:ListBucket"] });
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  },
);

behaviour(
  "HeadBucket needs the permission to list",
  doc("AmazonS3/latest/API/API_HeadBucket.html"),
  async () => {
    const Bucket = await open({ Action: "s3:GetObject" });
    const head = () => nobody().send(new HeadBucketCommand({ Bucket }));
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await policy(Bucket, { Action: "s3:ListBucket" });
    await head();
  },
);

behaviour(
  "each key of a batch is judged for itself",
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
  "tags in a put need the permission to tag",
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
  "a copy needs to read its source and to write where it goes",
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
  "buckets are listed only to those of the account who may",
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

behaviour("the expected owner of a bucket is checked", OWNERS, async () => {
  const Bucket = await open();
  await get(owner(), Bucket, "k", { ExpectedBucketOwner: OWNER });
  await expect(get(owner(), Bucket, "k", { ExpectedBucketOwner: OTHER })).rejects.toMatchObject(denied);
  await expect(list(owner(), Bucket, { ExpectedBucketOwner: OTHER })).rejects.toMatchObject(denied);
});

behaviour("so is that of a copy's source", OWNERS, async () => {
  const Bucket = await open();
  const copy = (ExpectedSourceBucketOwner: string) =>
    owner().send(
      new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k`, ExpectedSourceBucketOwner }),
    );
  await copy(OWNER);
  await expect(copy(OTHER)).rejects.toMatchObject(denied);
});

behaviour("an expected owner that is no account is refused", OWNERS, async () => {
  await expect(get(owner(), await open(), "k", { ExpectedBucketOwner: "me" })).rejects.toMatchObject({
    name: "InvalidBucketOwnerAWSAccountID",
    message: "The value of the expected bucket owner parameter must be an AWS account ID",
    $metadata: { httpStatusCode: 400 },
  });
});

// Under which conditions

const allowing = (Condition: object, more: object = {}) => ({
  Principal: { AWS: OTHER },
  Condition,
  ...more,
});

/** A condition, a call that it allows, and one that it does not. */
type Call = (Bucket: string) => Promise<unknown>;
const writes =
  (more: object): Call =>
  (Bucket) =>
    other().send(new PutObjectCommand({ Bucket, Key: "w", Body: "", ...more }));
const CONDITIONS: [string, object, Call, Call][] = [
  [
    "s3:prefix",
    { StringEquals: { "s3:prefix": "home/" } },
    (b) => list(other(), b, { Prefix: "home/" }),
    (b) => list(other(), b),
  ],
  [
    "s3:delimiter",
    { StringEquals: { "s3:delimiter": "/" } },
    (b) => list(other(), b, { Delimiter: "/" }),
    (b) => list(other(), b),
  ],
  [
    "s3:max-keys",
    { NumericLessThanEquals: { "s3:max-keys": "10" } },
    (b) => list(other(), b, { MaxKeys: 10 }),
    (b) => list(other(), b, { MaxKeys: 11 }),
  ],
  [
    "s3:x-amz-storage-class",
    { StringEquals: { "s3:x-amz-storage-class": "STANDARD_IA" } },
    writes({ StorageClass: "STANDARD_IA" }),
    writes({}),
  ],
  [
    "s3:x-amz-acl",
    { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } },
    writes({ ACL: "bucket-owner-full-control" }),
    writes({}),
  ],
  [
    "s3:RequestObjectTag",
    { StringEquals: { "s3:RequestObjectTag/Team": "red" } },
    writes({ Tagging: "Team=red" }),
    writes({ Tagging: "Team=blue" }),
  ],
  [
    "s3:RequestObjectTagKeys",
    { "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["Team", "Cost"] } },
    writes({ Tagging: "Team=red" }),
    writes({ Tagging: "Team=red&Other=1" }),
  ],
  [
    "s3:authType",
    { StringEquals: { "s3:authType": "REST-HEADER" } },
    (b) => get(other(), b),
    (b) => get(nobody(), b),
  ],
  [
    "s3:signatureversion",
    { StringEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
    (b) => get(other(), b),
    (b) => get(nobody(), b),
  ],
  [
    "s3:ResourceAccount",
    { StringEquals: { "s3:ResourceAccount": OWNER } },
    (b) => get(other(), b),
    (b) => get(nobody(), b),
  ],
  [
    "aws:PrincipalAccount",
    { StringEquals: { "aws:PrincipalAccount": OTHER } },
    (b) => get(other(), b),
    (b) => get(account("777788889999"), b),
  ],
];

for (const [key, Condition, allowed, refused] of CONDITIONS) {
  behaviour(`${key} is known of a call`, KEYS, async () => {
    const everybody = key.startsWith("aws:Principal");
    const Bucket = await open(allowing(Condition, everybody ? { Principal: "*" } : {}));
    await allowed(Bucket);
    await expect(refused(Bucket)).rejects.toMatchObject(denied);
  });
}

behaviour("s3:ExistingObjectTag is that of the object, as it is now", KEYS, async () => {
  const Bucket = await open(
    allowing({ StringEquals: { "s3:ExistingObjectTag/Public": "yes" } }, { Action: "s3:GetObject" }),
  );
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
  await owner().send(
    new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging: { TagSet: [{ Key: "Public", Value: "yes" }] } }),
  );
  await get(other(), Bucket);
});

behaviour("s3:x-amz-copy-source is where a copy comes from", KEYS, async () => {
  const Bucket = await open(
    { Principal: { AWS: OTHER }, Action: "s3:GetObject" },
    { Principal: { AWS: OTHER }, Action: "s3:PutObject" },
  );
  await put(Bucket, "public/k");
  await policy(
    Bucket,
    { Principal: { AWS: OTHER } },
    {
      Effect: "Deny",
      Principal: { AWS: OTHER },
      Action: "s3:PutObject",
      Condition: { StringNotLike: { "s3:x-amz-copy-source": `${Bucket}/public/*` } },
    },
  );
  const copy = (key: string) =>
    other().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `/${Bucket}/${key}` }));
  await copy("public/k");
  await expect(copy("k")).rejects.toMatchObject(denied);
});

behaviour("s3:VersionId is the version that is named", KEYS, async () => {
  const Bucket = await open();
  await owner().send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const [one, two] = [await put(Bucket, "v"), await put(Bucket, "v")];
  await policy(
    Bucket,
    allowing({ StringEquals: { "s3:VersionId": one.VersionId! } }, { Action: "s3:GetObjectVersion" }),
  );
  await get(other(), Bucket, "v", { VersionId: one.VersionId });
  await expect(get(other(), Bucket, "v", { VersionId: two.VersionId })).rejects.toMatchObject(denied);
});

behaviour("aws:SourceIp is the caller's address", GLOBAL, async () => {
  const at = (block: string) => ({
    Action: "s3:GetObject",
    Condition: { IpAddress: { "aws:SourceIp": block } },
  });
  await get(nobody(), await open(at("127.0.0.0/8")));
  await expect(get(nobody(), await open(at("203.0.113.0/24")))).rejects.toMatchObject(denied);
});

behaviour("aws:SecureTransport tells who comes without TLS", GLOBAL, async () => {
  const Bucket = await open(
    { Action: "s3:GetObject" },
    { Effect: "Deny", Action: "s3:GetObject", Condition: { Bool: { "aws:SecureTransport": "false" } } },
  );
  await expect(get(nobody(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("aws:CurrentTime is the cloud's", GLOBAL, async () => {
  const Bucket = await open({
    Action: "s3:GetObject",
    Condition: { DateLessThan: { "aws:CurrentTime": "2040-01-01T00:00:00Z" } },
  });
  await get(nobody(), Bucket);
});

behaviour(
  "all conditions of a statement must hold",
  doc("IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html"),
  async () => {
    const Bucket = await open(
      allowing({
        StringEquals: { "s3:prefix": ["a/", "b/"] },
        NumericLessThan: { "s3:max-keys": "5" },
      }),
    );
    await list(other(), Bucket, { Prefix: "b/", MaxKeys: 1 });
    await expect(list(other(), Bucket, { Prefix: "b/", MaxKeys: 5 })).rejects.toMatchObject(denied);
    await expect(list(other(), Bucket, { Prefix: "c/", MaxKeys: 1 })).rejects.toMatchObject(denied);
  },
);

behaviour("a variable stands for the user's name", VARIABLES, async () => {
  const Bucket = await open();
  for (const name of ["ann", "bob"]) await put(Bucket, `home/${name}/file`);
  const ann = user("ann", {
    account: OWNER,
    allows: [{ Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/home/$\{aws:username}/*` }],
  });
  await get(of(ann), Bucket, "home/ann/file");
  await expect(get(of(ann), Bucket, "home/bob/file")).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour("a variable stands for a tag of the caller's", VARIABLES, async () => {
  const Bucket = await open();
  await put(Bucket, "red/file");
  const Resource = `arn:aws:s3:::${Bucket}/$\{aws:PrincipalTag/team, 'none'}/*`;
  const of_ = (tags?: Record<string, string>) =>
    of(
      user("ann", { account: OWNER, allows: [{ Action: "s3:GetObject", Resource }], ...(tags && { tags }) }),
    );
  await get(of_({ team: "red" }), Bucket, "red/file");
  await expect(get(of_(), Bucket, "red/file")).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour(
  "NotAction allows all but what it names",
  doc("IAM/latest/UserGuide/reference_policies_elements_notaction.html"),
  async () => {
    const Bucket = await open({
      Principal: { AWS: OTHER },
      Action: undefined,
      NotAction: ["s3:DeleteObject", "s3:DeleteBucket"],
    });
    await get(other(), Bucket);
    await expect(other().send(new DeleteObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject(denied);
  },
);

behaviour(
  "NotResource allows all but where it names",
  doc("IAM/latest/UserGuide/reference_policies_elements_notresource.html"),
  async () => {
    const Bucket = await bucket();
    await unblock(Bucket);
    await put(Bucket);
    await put(Bucket, "secret/k");
    await policy(Bucket, {
      Action: "s3:GetObject",
      Resource: undefined,
      NotResource: `arn:aws:s3:::${Bucket}/secret/*`,
    });
    await get(nobody(), Bucket);
    await expect(get(nobody(), Bucket, "secret/k")).rejects.toMatchObject(denied);
  },
);

behaviour(
  "NotPrincipal with Deny shuts out all others",
  doc("IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"),
  async () => {
    const Bucket = await open(
      { Action: ["s3:GetObject", "s3:GetObjectTagging"] },
      { Effect: "Deny", Action: "s3:GetObjectTagging", Principal: undefined, NotPrincipal: { AWS: OTHER } },
    );
    await other().send(new GetObjectTaggingCommand({ Bucket, Key: "k" }));
    await expect(nobody().send(new GetObjectTaggingCommand({ Bucket, Key: "k" }))).rejects.toMatchObject(
      denied,
    );
  },
);
