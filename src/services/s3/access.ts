import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Access } from "#kernel/service.ts";
import { bucketArn, objectArn } from "./buckets/bucket.ts";
import { accessDenied, noSuchBucket } from "./errors.ts";
import { copySourceOf } from "./objects/copy-source.ts";
import { type Bucket, buckets } from "./store.ts";

interface OnBucket {
  Bucket: string;
  ExpectedBucketOwner?: string;
}

interface OnObject extends OnBucket {
  Key: string;
  VersionId?: string;
  Tagging?: unknown;
  ObjectLockMode?: unknown;
  ObjectLockLegalHoldStatus?: unknown;
  BypassGovernanceRetention?: boolean;
}

export const access: Access<"s3"> = {
  ListBuckets: (ctx) => onAccount(ctx, "s3:ListAllMyBuckets", "*"),
  CreateBucket: (ctx, { Bucket, ObjectLockEnabledForBucket }) =>
    [
      "s3:CreateBucket",
      ...(ObjectLockEnabledForBucket
        ? ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]
        : []),
    ].flatMap((action) => onAccount(ctx, action, bucketArn(Bucket))),
  HeadBucket: onBucket("s3:ListBucket"),
  GetBucketLocation: onBucket("s3:GetBucketLocation"),
  DeleteBucket: onBucket("s3:DeleteBucket"),
  PutBucketVersioning: onBucket("s3:PutBucketVersioning"),
  GetBucketVersioning: onBucket("s3:GetBucketVersioning"),
  PutBucketTagging: onBucket("s3:PutBucketTagging"),
  GetBucketTagging: onBucket("s3:GetBucketTagging"),
  DeleteBucketTagging: onBucket("s3:PutBucketTagging"),
  PutBucketCors: onBucket("s3:PutBucketCORS"),
  GetBucketCors: onBucket("s3:GetBucketCORS"),
  DeleteBucketCors: onBucket("s3:PutBucketCORS"),
  PutBucketLogging: onBucket("s3:PutBucketLogging"),
  GetBucketLogging: onBucket("s3:GetBucketLogging"),
  PutBucketWebsite: onBucket("s3:PutBucketWebsite"),
  GetBucketWebsite: onBucket("s3:GetBucketWebsite"),
  DeleteBucketWebsite: onBucket("s3:DeleteBucketWebsite"),

  PutBucketNotificationConfiguration: onBucket("s3:PutBucketNotification"),
  GetBucketNotificationConfiguration: onBucket("s3:GetBucketNotification"),

  PutBucketReplication: onBucket("s3:PutReplicationConfiguration"),
  GetBucketReplication: onBucket("s3:GetReplicationConfiguration"),
  DeleteBucketReplication: onBucket("s3:PutReplicationConfiguration"),

  ListObjects: onListing("s3:ListBucket"),
  ListObjectsV2: onListing("s3:ListBucket"),
  ListObjectVersions: onListing("s3:ListBucketVersions"),
  ListMultipartUploads: onBucket("s3:ListBucketMultipartUploads"),

  PutObject: onWrite("s3:PutObject"),
  GetObject: onVersion("s3:GetObject"),
  HeadObject: onVersion("s3:GetObject"),
  GetObjectAttributes: onVersion("s3:GetObject", "s3:GetObjectAttributes"),
  DeleteObject: onBypassing("s3:DeleteObject"),
  CopyObject: onCopy(),

  /** The handler judges each key for itself. */
  DeleteObjects: async (ctx, input) => {
    await bucketFor(ctx, input);
    return [];
  },

  PutObjectTagging: onVersion("s3:PutObjectTagging"),
  GetObjectTagging: onVersion("s3:GetObjectTagging"),
  DeleteObjectTagging: onVersion("s3:DeleteObjectTagging"),

  PutObjectLockConfiguration: onBucket("s3:PutBucketObjectLockConfiguration"),
  GetObjectLockConfiguration: onBucket("s3:GetBucketObjectLockConfiguration"),
  RestoreObject: onObject("s3:RestoreObject"),
  PutObjectRetention: onBypassing("s3:PutObjectRetention"),
  GetObjectRetention: onObject("s3:GetObjectRetention"),
  PutObjectLegalHold: onObject("s3:PutObjectLegalHold"),
  GetObjectLegalHold: onObject("s3:GetObjectLegalHold"),

  CreateMultipartUpload: onWrite("s3:PutObject"),
  UploadPart: onWrite("s3:PutObject"),
  UploadPartCopy: onCopy(),
  CompleteMultipartUpload: onWrite("s3:PutObject"),
  AbortMultipartUpload: onWrite("s3:AbortMultipartUpload"),
  ListParts: onWrite("s3:ListMultipartUploadParts"),
};

function onAccount({ principal }: Context, action: string, resource: string): AccessFact[] {
  if (principal.type === "anonymous") throw accessDenied();
  return [{ action, resource }];
}

function onBucket(action: string, conditionsOf?: (input: never) => AccessFact["conditions"]) {
  return async (ctx: Context, input: OnBucket): Promise<AccessFact[]> => {
    const { owner } = await bucketFor(ctx, input);
    return [
      { action, resource: bucketArn(input.Bucket), owner, conditions: conditionsOf?.(input as never) ?? {} },
    ];
  };
}

function onListing(action: string) {
  return onBucket(action, (input: { Prefix?: string; Delimiter?: string; MaxKeys?: number }) => ({
    "s3:prefix": input.Prefix ?? "",
    ...(input.Delimiter !== undefined && { "s3:delimiter": input.Delimiter }),
    ...(input.MaxKeys !== undefined && { "s3:max-keys": String(input.MaxKeys) }),
  }));
}

/** Whoever names a version needs another permission: `s3:GetObject` becomes `s3:GetObjectVersion`. */
function onVersion(...actions: string[]) {
  return async (ctx: Context, input: OnObject): Promise<AccessFact[]> => {
    const { owner } = await bucketFor(ctx, input);
    const resource = objectArn(input.Bucket, input.Key);
    return actions.map((action) => ({
      action: input.VersionId === undefined ? action : versionAction(action),
      resource,
      owner,
    }));
  };
}

/** One action, whichever version is named. */
function onObject(action: string) {
  return async (ctx: Context, input: OnObject): Promise<AccessFact[]> => {
    const { owner } = await bucketFor(ctx, input);
    return [{ action, resource: objectArn(input.Bucket, input.Key), owner }];
  };
}

/** Deletes and shorter retentions, which some may force upon a version that is locked in governance mode. */
function onBypassing(action: "s3:DeleteObject" | "s3:PutObjectRetention") {
  const facts = action === "s3:DeleteObject" ? onVersion(action) : onObject(action);
  const bypass = onObject("s3:BypassGovernanceRetention");
  return async (ctx: Context, input: OnObject): Promise<AccessFact[]> => [
    ...(await facts(ctx, input)),
    ...(input.BypassGovernanceRetention ? await bypass(ctx, input) : []),
  ];
}

function versionAction(action: string): string {
  const [, verb, what = ""] = /^s3:(\w+?Object)(\w*)$/.exec(action)!;
  return `s3:${verb}Version${what}`;
}

function onWrite(action: string) {
  return async (ctx: Context, input: OnObject): Promise<AccessFact[]> => {
    const { owner } = await bucketFor(ctx, input);
    return writing(action, input, owner);
  };
}

function onCopy() {
  return async (
    ctx: Context,
    input: OnObject & { CopySource: string; ExpectedSourceBucketOwner?: string },
  ): Promise<AccessFact[]> => {
    const source = copySourceOf(input.CopySource);
    const from = await bucketFor(ctx, {
      Bucket: source.bucket,
      ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
    });
    const to = await bucketFor(ctx, input);
    const action = source.versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const resource = objectArn(source.bucket, source.key);
    return [{ action, resource, owner: from.owner }, ...writing("s3:PutObject", input, to.owner)];
  };
}

function writing(action: string, input: OnObject, owner: string): AccessFact[] {
  const resource = objectArn(input.Bucket, input.Key);
  const facts = [{ action, resource, owner }];
  if (input.ObjectLockMode !== undefined) facts.push({ action: "s3:PutObjectRetention", resource, owner });
  if (input.ObjectLockLegalHoldStatus !== undefined)
    facts.push({ action: "s3:PutObjectLegalHold", resource, owner });
  if (input.Tagging !== undefined) facts.push({ action: "s3:PutObjectTagging", resource, owner });
  return facts;
}

/**
 * The bucket, which S3 looks for before it asks who is calling. Until buckets have policies, nobody but their owners'
 * accounts and the house's own services may enter; S3 does not tell a stranger more than that.
 */
async function bucketFor(ctx: Context, { Bucket: name, ExpectedBucketOwner }: OnBucket): Promise<Bucket> {
  const bucket = await ctx.read((tx) => tx.get(buckets, [name]));
  if (!bucket) throw noSuchBucket(name);
  if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== bucket.owner) throw accessDenied();
  if (ctx.principal.type !== "service" && ctx.principal.account !== bucket.owner) throw accessDenied();
  return bucket;
}
