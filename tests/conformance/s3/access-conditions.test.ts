import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, denied, OTHER, OWNER } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { of, owner, other, anonymous, account, bucket, unblock, policy, put, get, list, open } =
  bucketAccess(cloud);
const { user } = identities(cloud);

const VARIABLES = doc("IAM/latest/UserGuide/reference_policies_variables.html");
const KEYS = doc("AmazonS3/latest/userguide/amazon-s3-policy-keys.html");
const GLOBAL = doc("IAM/latest/UserGuide/reference_policies_condition-keys.html");

const allowing = (Condition: object, more: object = {}) => ({
  Principal: { AWS: OTHER },
  Condition,
  ...more,
});

/** A condition, a request that satisfies it and one that does not. */
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
    (b) => get(anonymous(), b),
  ],
  [
    "s3:signatureversion",
    { StringEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
    (b) => get(other(), b),
    (b) => get(anonymous(), b),
  ],
  [
    "s3:ResourceAccount",
    { StringEquals: { "s3:ResourceAccount": OWNER } },
    (b) => get(other(), b),
    (b) => get(anonymous(), b),
  ],
  [
    "aws:PrincipalAccount",
    { StringEquals: { "aws:PrincipalAccount": OTHER } },
    (b) => get(other(), b),
    (b) => get(account("777788889999"), b),
  ],
];

for (const [key, Condition, allowed, refused] of CONDITIONS) {
  behaviour(`the condition key ${key} has the value of the request`, KEYS, async () => {
    const everybody = key.startsWith("aws:Principal");
    const Bucket = await open(allowing(Condition, everybody ? { Principal: "*" } : {}));
    await allowed(Bucket);
    await expect(refused(Bucket)).rejects.toMatchObject(denied);
  });
}

behaviour("s3:ExistingObjectTag has the current tags of the object", KEYS, async () => {
  const Bucket = await open(
    allowing({ StringEquals: { "s3:ExistingObjectTag/Public": "yes" } }, { Action: "s3:GetObject" }),
  );
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
  await owner().send(
    new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging: { TagSet: [{ Key: "Public", Value: "yes" }] } }),
  );
  await get(other(), Bucket);
});

behaviour("s3:x-amz-copy-source has the source of a copy", KEYS, async () => {
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

behaviour("s3:VersionId has the version that the request names", KEYS, async () => {
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

behaviour("aws:SourceIp has the caller's address", GLOBAL, async () => {
  const at = (block: string) => ({
    Action: "s3:GetObject",
    Condition: { IpAddress: { "aws:SourceIp": block } },
  });
  await get(anonymous(), await open(at("127.0.0.0/8")));
  await expect(get(anonymous(), await open(at("203.0.113.0/24")))).rejects.toMatchObject(denied);
});

behaviour("aws:SecureTransport is false for requests without TLS", GLOBAL, async () => {
  const Bucket = await open(
    { Action: "s3:GetObject" },
    { Effect: "Deny", Action: "s3:GetObject", Condition: { Bool: { "aws:SecureTransport": "false" } } },
  );
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("aws:CurrentTime has the time of the cloud's clock", GLOBAL, async () => {
  const Bucket = await open({
    Action: "s3:GetObject",
    Condition: { DateLessThan: { "aws:CurrentTime": "2040-01-01T00:00:00Z" } },
  });
  await get(anonymous(), Bucket);
});

behaviour(
  "a statement applies only if all of its conditions hold",
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

behaviour("the policy variable aws:username is replaced by the user's name", VARIABLES, async () => {
  const Bucket = await open();
  for (const name of ["ann", "bob"]) await put(Bucket, `home/${name}/file`);
  const ann = user("ann", {
    account: OWNER,
    allows: [{ Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/home/$\{aws:username}/*` }],
  });
  await get(of(ann), Bucket, "home/ann/file");
  await expect(get(of(ann), Bucket, "home/bob/file")).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour("a policy variable may be a principal tag", VARIABLES, async () => {
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
  "NotAction matches all actions but those listed",
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
  "NotResource matches all resources but those listed",
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
    await get(anonymous(), Bucket);
    await expect(get(anonymous(), Bucket, "secret/k")).rejects.toMatchObject(denied);
  },
);

behaviour(
  "NotPrincipal with Deny denies all other principals",
  doc("IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"),
  async () => {
    const Bucket = await open(
      { Action: ["s3:GetObject", "s3:GetObjectTagging"] },
      { Effect: "Deny", Action: "s3:GetObjectTagging", Principal: undefined, NotPrincipal: { AWS: OTHER } },
    );
    await other().send(new GetObjectTaggingCommand({ Bucket, Key: "k" }));
    await expect(anonymous().send(new GetObjectTaggingCommand({ Bucket, Key: "k" }))).rejects.toMatchObject(
      denied,
    );
  },
);

for (const [page, command] of [
  ["conditional-writes", (more: object) => new PutObjectCommand({ Key: "k", Body: "", ...more } as never)],
  ["conditional-deletes", (more: object) => new DeleteObjectCommand({ Key: "k", ...more } as never)],
] as const) {
  behaviour(
    `If-Match requires permission to read the object: ${page}`,
    doc(`AmazonS3/latest/userguide/${page}.html`),
    async () => {
      const writing = { Principal: { AWS: OTHER }, Action: ["s3:PutObject", "s3:DeleteObject"] };
      const Bucket = await open(writing);
      const tries = (IfMatch: string) => other().send(command({ Bucket, IfMatch }) as PutObjectCommand);
      await expect(tries('"none"')).rejects.toMatchObject(denied);
      await policy(Bucket, writing, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
      await expect(tries('"none"')).rejects.toMatchObject({ name: "PreconditionFailed" });
      await tries((await get(owner(), Bucket)).ETag!);
    },
  );
}

behaviour(
  "a policy may require conditional writes and still allow CreateMultipartUpload",
  doc("AmazonS3/latest/userguide/conditional-writes-enforce.html"),
  async () => {
    const writing = { Principal: { AWS: OTHER }, Action: "s3:PutObject" };
    const Bucket = await open(
      { ...writing, Condition: { Null: { "s3:if-none-match": "false" } } },
      { ...writing, Condition: { Bool: { "s3:ObjectCreationOperation": "false" } } },
      { Principal: { AWS: OTHER }, Action: "s3:GetObject" },
    );
    const Key = "new";
    const { UploadId } = await other().send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = { Bucket, Key, UploadId };
    const { ETag } = await other().send(new UploadPartCommand({ ...part, PartNumber: 1, Body: "1" }));
    const CopySource = `${Bucket}/k`;
    await other().send(new UploadPartCopyCommand({ ...part, PartNumber: 2, CopySource }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = (more: object = {}) =>
      other().send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload, ...more }));
    await expect(complete()).rejects.toMatchObject(denied);
    await complete({ IfNoneMatch: "*" });
    await expect(writes({})(Bucket)).rejects.toMatchObject(denied);
    await writes({ IfNoneMatch: "*" })(Bucket);
    const copy = other().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource }));
    await expect(copy).rejects.toMatchObject(denied);
  },
);
