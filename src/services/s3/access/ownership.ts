/**
 * Object ownership: who owns objects, and whether ACLs are enabled.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import type { ObjectOwnership } from "#aws/contract/types/s3.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { bucketAt, objectArn } from "../buckets/bucket.ts";
import { bucketAclWithOwnership } from "../buckets/errors.ts";
import { checkDocument } from "../documents.ts";
import { aclNotSupported, malformedXml } from "../errors.ts";
import { ANONYMOUS_OWNER } from "../owner.ts";
import { type Bucket, buckets } from "../store.ts";
import { type AclRequest, aclInHeaders, asksForAcl, changesNothing, checkForm } from "./acl-request.ts";
import { blockFor } from "./blocks.ts";
import { noSuchOwnershipControls, publicAclBlocked } from "./errors.ts";
import { type Grant, isPublicGrant, ownersOnly } from "./grants.ts";

const OWNERSHIPS: ReadonlySet<string> = new Set<ObjectOwnership>([
  "BucketOwnerEnforced",
  "BucketOwnerPreferred",
  "ObjectWriter",
]);

export const isOwnership = (text: string): text is ObjectOwnership => OWNERSHIPS.has(text);

/** Returns the stored form of an ownership setting: `undefined` for the default. */
export const storedOwnership = (ownership: ObjectOwnership): Bucket["ownership"] =>
  ownership === "BucketOwnerEnforced" ? undefined : ownership;

export const bucketOwnership = {
  async PutBucketOwnershipControls(ctx, input) {
    checkDocument(ctx, { required: true });
    const { Rules: rules } = input.OwnershipControls;
    const requested = rules?.length === 1 ? rules[0]!.ObjectOwnership : undefined;
    if (requested === undefined || !isOwnership(requested)) throw malformedXml();
    return ctx.transact(async (tx) => {
      const { ownership: _, ...bucket } = await bucketAt(tx, input.Bucket);
      if (requested === "BucketOwnerEnforced" && grantsOthers(bucket)) throw bucketAclWithOwnership();
      const ownership = storedOwnership(requested);
      tx.put(buckets, { ...bucket, ...(ownership && { ownership }) });
      return {};
    });
  },

  async GetBucketOwnershipControls(ctx, input) {
    const { ownership = "BucketOwnerEnforced", name } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    if (ownership === "None") throw noSuchOwnershipControls(name);
    return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
  },

  async DeleteBucketOwnershipControls(ctx, input) {
    return ctx.transact(async (tx) => {
      tx.put(buckets, { ...(await bucketAt(tx, input.Bucket)), ownership: "None" });
      return {};
    });
  },
} satisfies Handlers<"s3">;

/** Whether the bucket's ACL has grants to others than the owner; ACLs cannot be disabled then. */
function grantsOthers({ acl, owner }: Bucket): boolean {
  const [own] = ownersOnly(owner);
  return acl?.some(({ to }) => JSON.stringify(to) !== JSON.stringify(own!.to)) ?? false;
}

/** The owner and the ACL of an object that is being written. */
export interface Provenance {
  owner: string;
  acl?: Grant[];
}

/**
 * Returns a function that determines the owner and the ACL of an object, after checking the ACL before the
 * body is received. Does not wait if the request specifies no ACL, as most do not.
 * @throws {AwsError} AccessControlListNotSupported, AccessDenied for a public ACL where they are blocked
 */
export function provenanceOf(
  ctx: Context,
  input: AclRequest & { Bucket: string; Key: string },
): MaybePromise<(bucket: Bucket) => Provenance> {
  if (!asksForAcl(input)) return (bucket) => ({ owner: writerIn(ctx, bucket, undefined) });
  return provenanceWithAcl(ctx, input);
}

async function provenanceWithAcl(ctx: Context, input: AclRequest & { Bucket: string; Key: string }) {
  checkForm(input, "object");
  const acl = await ctx.read(async (tx) => {
    const bucket = await bucketAt(tx, input.Bucket);
    if (bucket.ownership === undefined) {
      if (!changesNothing(input, bucket.owner, ctx.principal.account)) throw aclNotSupported();
      return undefined;
    }
    const owner = writerIn(ctx, bucket, input.ACL);
    const method = ctx.request?.method ?? "PUT";
    const grants = aclInHeaders(input, { of: "object", owner, bucketOwner: bucket.owner, method })!;
    const block = await blockFor(tx, bucket);
    if (block.acls && grants.some(isPublicGrant))
      throw publicAclBlocked(ctx.principal, bucket.owner, "s3:PutObject", objectArn(bucket.name, input.Key));
    return grants;
  });
  return (bucket: Bucket): Provenance => ({
    owner: writerIn(ctx, bucket, input.ACL),
    ...(acl && { acl }),
  });
}

function writerIn({ principal }: Context, bucket: Bucket, acl: string | undefined): string {
  if (bucket.ownership === undefined || principal.type === "service") return bucket.owner;
  if (bucket.ownership === "BucketOwnerPreferred" && acl === "bucket-owner-full-control") return bucket.owner;
  return principal.type === "anonymous" ? ANONYMOUS_OWNER : principal.account;
}
