import { collection } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Bucket } from "../store.ts";

/**
 * A public access block, which overrides policies and ACLs.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export interface PublicAccessBlock {
  /** Refuses ACLs that grant public access. */
  acls: boolean;
  /** Ignores ACLs that grant public access. */
  ignoreAcls: boolean;
  /** Refuses policies that allow public access. */
  policy: boolean;
  /** Where a policy allows public access, limits it to the owner's account and to AWS services. */
  restrict: boolean;
}

/** The public access block of a new bucket. */
export const ALL_BLOCKED: PublicAccessBlock = { acls: true, ignoreAcls: true, policy: true, restrict: true };
const NOTHING_BLOCKED: PublicAccessBlock = {
  acls: false,
  ignoreAcls: false,
  policy: false,
  restrict: false,
};

/** The settings of an account; its public access block applies to all of its buckets. */
interface AccountSettings {
  account: string;
  publicAccessBlock?: PublicAccessBlock;
}

export const accounts = collection<AccountSettings>("s3/account", {
  scope: "partition",
  key: (a) => [a.account],
  hot: true,
});

/**
 * Returns the effective public access block of a bucket: its own combined with that of its owner's account.
 */
export async function blockFor(tx: ReadTransaction, bucket: Bucket): Promise<PublicAccessBlock> {
  const account = (await tx.get(accounts, [bucket.owner]))?.publicAccessBlock;
  return bothBlocks(ownBlock(bucket), account);
}

export function bothBlocks(own: PublicAccessBlock, other = NOTHING_BLOCKED): PublicAccessBlock {
  return {
    acls: own.acls || other.acls,
    ignoreAcls: own.ignoreAcls || other.ignoreAcls,
    policy: own.policy || other.policy,
    restrict: own.restrict || other.restrict,
  };
}

const ownBlock = ({ publicAccessBlock: set }: Bucket): PublicAccessBlock =>
  set === "None" ? NOTHING_BLOCKED : (set ?? ALL_BLOCKED);
