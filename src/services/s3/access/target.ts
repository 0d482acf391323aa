import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
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
  /** Set if this is the source of a copy, which may be in any Region. */
  isSource?: true;
}

export interface OnObject extends OnBucket {
  Key: string;
  VersionId?: string;
}

/** The resources and settings by which access to one bucket is decided. */
export interface AccessTarget {
  bucket: Bucket;
  /** The public access block of the bucket combined with that of the access point. */
  block: PublicAccessBlock;
  /** The access point through which the bucket is called. */
  accessPoint?: AccessPoint;
  /** The version that the call names, or the current one. It may be a delete marker. */
  version?: ObjectVersion;
  /** Whether a write creates an object, unlike the start of an upload and the upload of a part. */
  creates?: boolean;
}

/**
 * Whether a call needs no authorization, as far as can be decided without waiting: the bucket is in memory,
 * and the caller is the root user of its owner's account.
 */
export function needsNoAuthorization(ctx: Context, tx: ReadTransaction, input: OnBucket): boolean {
  const bucket = tx.get(buckets, [input.Bucket]);
  if (bucket === undefined || bucket instanceof Promise) return false;
  return input.ExpectedBucketOwner === undefined && hasFullAccess(ctx, bucket) && isServedAt(ctx, bucket);
}

/**
 * Finds the bucket, which S3 does before it authenticates the caller. Returns `undefined` if no
 * authorization is needed, as in nearly all calls: the caller is the root user of the owner's account, and
 * the bucket has neither a policy nor ACLs. Calls on directory buckets are authorized as a whole.
 * @throws {AwsError} NoSuchBucket, PermanentRedirect, and AccessDenied where no policy could allow the call
 */
export async function targetOf(
  ctx: Context,
  tx: ReadTransaction,
  input: OnBucket | OnObject,
): Promise<AccessTarget | undefined> {
  const { bucket, accessPoint } = await bucketAndAccessPoint(tx, input.Bucket);
  if (!input.isSource) checkEndpoint(ctx, bucket);
  checkExpectedOwner(bucket, input.ExpectedBucketOwner);
  if (!accessPoint && (bucket.zone !== undefined || hasFullAccess(ctx, bucket))) return undefined;
  const version = "Key" in input ? await findVersion(tx, bucket, input.Key, input.VersionId) : undefined;
  const block = bothBlocks(await blockFor(tx, bucket), accessPoint?.publicAccessBlock);
  const target: AccessTarget = {
    bucket,
    block,
    ...(accessPoint && { accessPoint }),
    ...(version && { version }),
  };
  checkOtherAccount(ctx, target, input);
  return target;
}

/** @throws {AwsError} AccessDenied, InvalidBucketOwnerAWSAccountID */
export function checkExpectedOwner({ owner }: Bucket, expected: string | undefined): void {
  if (expected === undefined || expected === owner) return;
  if (!/^\d{12}$/.test(expected)) throw invalidExpectedOwner(expected);
  throw accessDenied();
}

function hasFullAccess({ principal, ports }: Context, { owner, policy, ownership }: Bucket): boolean {
  return (
    principal.type === "root" &&
    principal.account === owner &&
    policy === undefined &&
    ownership === undefined &&
    ports.policies === undefined
  );
}

/** Checks callers of other accounts, who may have to pay, and whom the public access block may exclude. */
function checkOtherAccount(
  ctx: Context,
  { bucket, block, accessPoint }: AccessTarget,
  input: OnBucket,
): void {
  const { type, account } = ctx.principal;
  // No call originates from a VPC, so access points that are restricted to a VPC refuse all calls.
  if (accessPoint && (accessPoint.vpc !== undefined || type === "anonymous")) throw accessDenied();
  if (type === "service" || account === bucket.owner) return;
  const isOpen = (policy: string | undefined) => policy !== undefined && isPublicPolicy(policy);
  if (block.restrict && (isOpen(bucket.policy) || isOpen(accessPoint?.policy))) throw accessDenied();
  if (bucket.requestPayment !== "Requester") return;
  const payer = input.RequestPayer ?? ctx.request?.headers["x-amz-request-payer"];
  if (type === "anonymous" || payer !== "requester") throw accessDenied();
  noteCharge(ctx);
}
