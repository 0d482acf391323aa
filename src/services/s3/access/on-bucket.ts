/** The access facts of calls on the service and on buckets. */
import { AwsError } from "#aws/errors.ts";
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { bucketArn, bucketAt } from "../buckets/bucket.ts";
import { inRegion } from "../buckets/errors.ts";
import { accessDenied } from "../errors.ts";
import { type AclRequest, asksForAcl } from "./acl-request.ts";
import { authorization, NOTHING } from "./authorization.ts";
import { anonymousCallsNot, neverAnonymous, notByAccessPoint, redirectToAboutS3 } from "./errors.ts";
import { bucketFact } from "./facts.ts";
import { keysOfCall } from "./keys.ts";
import type { OnBucket } from "./target.ts";

function onAccount(ctx: Context, input: object, action: string, resource: string): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw accessDenied();
  return [{ action, resource, conditions: keysOfCall(ctx, input, {}) }];
}

/** Returns the access facts of `GET /`. Browsers call it without a signature and are redirected. */
export function onService(ctx: Context, input: object): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw redirectToAboutS3();
  return onAccount(ctx, input, "s3:ListAllMyBuckets", "*");
}

export const onBucket =
  (...actions: string[]) =>
  (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) => {
      if (target.accessPoint && !actions.every(isByAccessPoint)) throw notByAccessPoint(ctx.request?.method);
      return actions.map((action) => bucketFact(ctx, target, action, input));
    });

/**
 * Returns the access facts of HeadBucket, which tells the bucket's Region even to callers without access.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export async function onHead(ctx: Context, input: OnBucket): Promise<AccessFact[]> {
  try {
    const facts = await onBucket("s3:ListBucket")(ctx, input);
    ctx.authorize(facts);
    return facts;
  } catch (error) {
    if (!(error instanceof AwsError) || error.status !== 403) throw error;
    throw inRegion(error, await ctx.read((tx) => bucketAt(tx, input.Bucket)));
  }
}

/** Like `onBucket`, but anonymous callers are refused whatever a policy says. */
export const onBucketByName = (action: string) => (ctx: Context, input: OnBucket) => {
  if (ctx.principal.type === "anonymous") throw neverAnonymous(action);
  return onBucket(action)(ctx, input);
};

/**
 * Whether an action is available through an access point, which can only list a
 * bucket and read some configurations.
 */
const isByAccessPoint = (action: string) =>
  /^s3:(List|GetBucket(Acl|CORS|Location|Notification|Policy)$)/.test(action);

/**
 * Returns the access facts of a call on the bucket's policy. The root user of the owner's account is always
 * allowed, so that a policy that locks out every principal can be repaired.
 */
export const onBucketsPolicy =
  (action: string) =>
  (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) => {
      const { type, account } = ctx.principal;
      if (target.accessPoint && !isByAccessPoint(action)) throw notByAccessPoint(ctx.request?.method);
      if (type === "root" && account === target.bucket.owner) return NOTHING;
      return [bucketFact(ctx, target, action, input)];
    });

/** Runs only the checks that precede authorization. The handler authorizes each entry. */
export const onBatch = (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
  authorization(ctx, input, () => NOTHING);

interface NewBucket extends AclRequest {
  Bucket: string;
  ObjectOwnership?: string;
  ObjectLockEnabledForBucket?: boolean;
  CreateBucketConfiguration?: { Tags?: readonly unknown[] };
}

export function onCreation(ctx: Context, input: NewBucket): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw anonymousCallsNot();
  const actions = ["s3:CreateBucket"];
  if (asksForAcl(input)) actions.push("s3:PutBucketAcl");
  if (input.ObjectOwnership !== undefined) actions.push("s3:PutBucketOwnershipControls");
  if (input.ObjectLockEnabledForBucket)
    actions.push("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning");
  if (input.CreateBucketConfiguration?.Tags?.length) actions.push("s3:TagResource");
  return actions.flatMap((action) => onAccount(ctx, input, action, bucketArn(input.Bucket)));
}
