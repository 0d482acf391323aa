import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { AccessPoint } from "../access-points/store.ts";
import { bucketAndAccessPoint } from "../buckets/bucket.ts";
import { accessDenied } from "../errors.ts";
import { type Bucket, buckets, type ObjectVersion } from "../store.ts";
import { findVersion } from "../versions.ts";
import { blockFor, bothBlocks, type PublicAccessBlock } from "./blocks.ts";
import { checkEndpoint, isServedAt } from "./endpoint.ts";
import { invalidExpectedOwner } from "./errors.ts";
import { noteCharge } from "./payment.ts";
import { isPublicPolicy } from "./public.ts";

export interface OnBucket {
  Bucket: string;
  ExpectedBucketOwner?: string;
  RequestPayer?: string | undefined;
  /** The source of a copy, which may be in any Region. */
  isSource?: true;
}

export interface OnObject extends OnBucket {
  Key: string;
  VersionId?: string;
}

/** Everything that a judgement on one bucket looks at. */
export interface AccessTarget {
  bucket: Bucket;
  /** The block of the bucket together with that of the access point. */
  block: PublicAccessBlock;
  /** The access point that the call names instead of the bucket. */
  accessPoint?: AccessPoint;
  /** The version that the call is about: the one that it names, or the current one. It may be a delete marker. */
  version?: ObjectVersion;
  /** Whether a write makes an object. Beginning an upload does not, nor does a part. */
  creates?: boolean;
}

/**
 * Whether a call needs no judgement, as far as can be seen at once: the bucket is in memory, and the root of its
 * owner's account calls.
 */
export function needsNoJudgement(ctx: Context, tx: ReadTransaction, input: OnBucket): boolean {
  const bucket = tx.get(buckets, [input.Bucket]);
  if (bucket === undefined || bucket instanceof Promise) return false;
  return input.ExpectedBucketOwner === undefined && mayDoAll(ctx, bucket) && isServedAt(ctx, bucket);
}

/**
 * The bucket, which S3 looks for before it asks who is calling; `undefined` where there is nothing to judge, as in
 * nearly every call: the root of the owner's account, in a bucket without a policy and without ACLs.
 * @throws {AwsError} NoSuchBucket, PermanentRedirect, and AccessDenied where not even a policy could let the caller in
 */
export async function targetOf(
  ctx: Context,
  tx: ReadTransaction,
  input: OnBucket | OnObject,
): Promise<AccessTarget | undefined> {
  const { bucket, accessPoint } = await bucketAndAccessPoint(tx, input.Bucket);
  if (!input.isSource) checkEndpoint(ctx, bucket);
  checkExpectedOwner(bucket, input.ExpectedBucketOwner);
  if (!accessPoint && mayDoAll(ctx, bucket)) return undefined;
  const version = "Key" in input ? await findVersion(tx, bucket, input.Key, input.VersionId) : undefined;
  const block = bothBlocks(await blockFor(tx, bucket), accessPoint?.publicAccessBlock);
  const target: AccessTarget = {
    bucket,
    block,
    ...(accessPoint && { accessPoint }),
    ...(version && { version }),
  };
  checkOutsider(ctx, target, input);
  return target;
}

function checkExpectedOwner({ owner }: Bucket, expected: string | undefined): void {
  if (expected === undefined || expected === owner) return;
  if (!/^\d{12}$/.test(expected)) throw invalidExpectedOwner(expected);
  throw accessDenied();
}

function mayDoAll({ principal, ports }: Context, { owner, policy, ownership }: Bucket): boolean {
  return (
    principal.type === "root" &&
    principal.account === owner &&
    policy === undefined &&
    ownership === undefined &&
    ports.policies === undefined
  );
}

/** Callers of other accounts may have to pay, and a public bucket may be closed to them all. */
function checkOutsider(ctx: Context, { bucket, block, accessPoint }: AccessTarget, input: OnBucket): void {
  const { type, account } = ctx.principal;
  // No call comes from a VPC.
  if (accessPoint && (accessPoint.vpc !== undefined || type === "anonymous")) throw accessDenied();
  if (type === "service" || account === bucket.owner) return;
  const isOpen = (policy: string | undefined) => policy !== undefined && isPublicPolicy(policy);
  if (block.restrict && (isOpen(bucket.policy) || isOpen(accessPoint?.policy))) throw accessDenied();
  if (bucket.requestPayment !== "Requester") return;
  const payer = input.RequestPayer ?? ctx.request?.headers["x-amz-request-payer"];
  if (type === "anonymous" || payer !== "requester") throw accessDenied();
  noteCharge(ctx);
}
