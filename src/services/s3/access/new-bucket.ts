import type { ObjectOwnership } from "#aws/contract/types/s3.ts";
import { bucketAclWithOwnership } from "../buckets/errors.ts";
import type { Bucket } from "../store.ts";
import { type AclRequest, aclInHeaders } from "./acl-request.ts";
import { bucketAclIsPublic, invalidOwnershipHeader } from "./errors.ts";
import { type Grant, isPublicGrant, ownersOnly } from "./grants.ts";
import { isOwnership, storedOwnership } from "./ownership.ts";

interface Request extends AclRequest {
  ObjectOwnership?: ObjectOwnership;
}

/**
 * Returns the ownership setting and the ACL of a new bucket. A new bucket blocks all public
 * access, so a public ACL is refused.
 * @throws {AwsError} InvalidBucketAclWithObjectOwnership,
 * InvalidBucketAclWithBlockPublicAccessError, InvalidArgument
 */
export function accessOfNewBucket(input: Request, owner: string): Pick<Bucket, "acl" | "ownership"> {
  const { ObjectOwnership: requested = "BucketOwnerEnforced" } = input;
  if (!isOwnership(requested)) throw invalidOwnershipHeader(requested);
  const acl = aclInHeaders(input, { of: "bucket", owner, bucketOwner: owner, method: "PUT" });
  const ownership = storedOwnership(requested);
  if (acl && !isOwnersOnly(acl, owner)) {
    if (ownership === undefined) throw bucketAclWithOwnership();
    if (acl.some(isPublicGrant)) throw bucketAclIsPublic();
  }
  return { ...(acl && { acl }), ...(ownership && { ownership }) };
}

const isOwnersOnly = (acl: readonly Grant[], owner: string) =>
  JSON.stringify(acl) === JSON.stringify(ownersOnly(owner));
