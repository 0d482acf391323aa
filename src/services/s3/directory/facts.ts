/** The access facts of calls on directory buckets. */
import type { Keys } from "#aws/languages/policy/pattern.ts";
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { BucketSession } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { NOTHING } from "../access/authorization.ts";
import { checkEndpoint } from "../access/endpoint.ts";
import { keysOfCall } from "../access/keys.ts";
import { checkExpectedOwner, type OnBucket } from "../access/target.ts";
import { bucketAt, directoryArn } from "../buckets/bucket.ts";
import { accessDenied } from "../errors.ts";
import type { Bucket } from "../store.ts";

type Mode = BucketSession["mode"];

/** The action that allows all calls on objects, with or without a session. */
const CREATE_SESSION = "s3express:CreateSession";

/**
 * Returns the access facts of a call on objects. A session was authorized when it was created; without one,
 * the caller needs the permission to create it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html
 * @throws {AwsError} AccessDenied for a session with another bucket or of the wrong mode, NoSuchBucket
 */
export async function zonalFacts(ctx: Context, input: OnBucket, mode: Mode): Promise<AccessFact[]> {
  const bucket = await located(ctx, input, mode);
  return ctx.principal.bucketSession ? NOTHING : [sessionFact(ctx, input, bucket, mode)];
}

/**
 * Returns the access facts of a call on the bucket itself, which no policy of the bucket can allow. At an
 * endpoint of one's own, AWS's clients sign such calls with the credentials of a session, too.
 */
export async function regionalFacts(ctx: Context, input: OnBucket, action: string): Promise<AccessFact[]> {
  const mode = action.startsWith("s3express:Get") ? "ReadOnly" : "ReadWrite";
  const bucket = await located(ctx, input, mode);
  if (ctx.principal.account !== bucket.owner) throw accessDenied();
  const resource = directoryArn(bucket);
  return [{ action, resource, owner: bucket.owner, conditions: keysOf(ctx, input, bucket) }];
}

async function located(ctx: Context, input: OnBucket, mode: Mode): Promise<Bucket> {
  checkCaller(ctx, input.Bucket, mode);
  const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
  const { bucketSession: session } = ctx.principal;
  if (session && session.owner !== bucket.owner) throw accessDenied();
  if (!input.isSource) checkEndpoint(ctx, bucket);
  checkExpectedOwner(bucket, input.ExpectedBucketOwner);
  return bucket;
}

/** Refuses anonymous callers, and sessions with another bucket or of the wrong mode. @throws {AwsError} AccessDenied */
export function checkCaller({ principal }: Context, bucket: string, mode: Mode): void {
  const { type, bucketSession: session } = principal;
  if (type === "anonymous") throw accessDenied();
  if (!session) return;
  if (session.bucket !== bucket || (mode === "ReadWrite" && session.mode === "ReadOnly"))
    throw accessDenied();
}

/** Returns the access fact of a session, or of a call that would need one of that mode. */
export const sessionFact = (ctx: Context, input: object, bucket: Bucket, mode: Mode): AccessFact => ({
  action: CREATE_SESSION,
  resource: directoryArn(bucket),
  owner: bucket.owner,
  conditions: keysOf(ctx, input, bucket, mode),
  resourcePolicy: bucket.policy ?? null,
});

/**
 * The values of condition keys. Those that S3 Express shares with S3 have the same names after the colon.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html
 */
export function keysOf(ctx: Context, input: object, bucket: Partial<Bucket>, mode?: Mode): Keys {
  // Policies may always refer to the tags of directory buckets.
  const shared = keysOfCall(ctx, input, { bucket: { ...bucket, abac: true } });
  return (name) => {
    if (name === "s3express:sessionmode") return mode;
    if (name === "s3express:locationname") return bucket.zone;
    return shared(name.replace(/^s3express:/, "s3:"));
  };
}
