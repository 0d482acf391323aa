import { AwsError } from "#aws/errors.ts";
import type { BucketSession } from "#kernel/calls/principal.ts";
import { issueSession } from "#kernel/calls/session.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { invalidBucketName, noSuchBucket } from "../buckets/errors.ts";
import { encryptionMembers } from "../encryption/encryption.ts";
import { encryptionFor, requestedEncryption } from "../encryption/requested.ts";
import { accessDenied } from "../errors.ts";
import { type Bucket, buckets } from "../store.ts";
import { onlyInDirectories, unknownSessionMode } from "./errors.ts";
import { sessionFact } from "./facts.ts";
import { hasZone, isDirectoryName, zoneIn } from "./names.ts";

const SESSION_MS = 5 * 60_000;

/** The host of a Zonal endpoint. */
const ZONAL_HOST = /\.s3express-[a-z0-9-]+\./;

/**
 * Temporary credentials for one directory bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
 */
export const directorySessions = {
  async CreateSession(ctx, input) {
    const { Bucket: name, SessionMode: requested } = input;
    if (!isDirectoryName(name)) throw onlyInDirectories("CreateSession");
    const { type, bucketSession } = ctx.principal;
    // A session cannot be extended.
    if (type === "anonymous" || bucketSession) throw accessDenied();
    if (requested !== undefined && requested !== "ReadOnly" && requested !== "ReadWrite")
      throw unknownSessionMode(requested);
    const encryption = requestedEncryption(input);
    const bucket = (await ctx.read((tx) => tx.get(buckets, [name]))) ?? futureBucket(ctx, name);
    const stored = encryptionFor(ctx, bucket, "", encryption);
    const mode = modeOf(ctx, input, bucket);
    const session = issueSession(
      ctx,
      { ...ctx.principal, bucketSession: { bucket: name, owner: bucket.owner, mode } },
      SESSION_MS,
    );
    return {
      ...encryptionMembers(bucket, stored),
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secret,
        SessionToken: session.token,
        Expiration: new Date(session.expires),
      },
    };
  },
} satisfies Handlers<"s3">;

/**
 * Stands for a bucket that does not exist yet. At an endpoint of one's own, AWS's clients create a session even
 * for CreateBucket; every other call with such a session answers that there is no bucket.
 */
function futureBucket(ctx: Context, name: string): Bucket {
  const { account: owner, region, request } = ctx;
  const zone = zoneIn(name);
  if (request !== undefined && ZONAL_HOST.test(request.host)) throw noSuchBucket(name);
  if (zone === undefined || !hasZone(region, zone)) throw invalidBucketName(name);
  return { name, id: 0, owner, region, zone, created: 0 };
}

/** Returns the requested mode, by default the most that the caller is allowed. @throws {AwsError} AccessDenied */
function modeOf(ctx: Context, input: Input<"s3", "CreateSession">, bucket: Bucket): BucketSession["mode"] {
  const authorized = (mode: BucketSession["mode"]) => {
    ctx.authorize([sessionFact(ctx, input, bucket, mode)]);
    return mode;
  };
  if (input.SessionMode !== undefined) return authorized(input.SessionMode);
  try {
    return authorized("ReadWrite");
  } catch (error) {
    if (error instanceof AwsError && error.status === 403) return authorized("ReadOnly");
    throw error;
  }
}
