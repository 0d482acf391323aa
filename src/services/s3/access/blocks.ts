import { collection } from "#kernel/collection.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Bucket } from "../store.ts";

/**
 * A block of public access, whatever policies and ACLs say.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export interface PublicAccessBlock {
  /** Refuses ACLs that grant public access. */
  acls: boolean;
  /** Ignores such ACLs. */
  ignoreAcls: boolean;
  /** Refuses policies that allow public access. */
  policy: boolean;
  /** Where a policy allows public access, only the owner's account and services come in. */
  restrict: boolean;
}

/** The block of a new bucket. */
export const ALL_BLOCKED: PublicAccessBlock = { acls: true, ignoreAcls: true, policy: true, restrict: true };
const NOTHING_BLOCKED: PublicAccessBlock = {
  acls: false,
  ignoreAcls: false,
  policy: false,
  restrict: false,
};

/** The account's block, for all of its buckets. */
interface AccountSettings {
  account: string;
  publicAccessBlock?: PublicAccessBlock;
}

export const accounts = collection<AccountSettings>("s3/account", {
  scope: "partition",
  key: (a) => [a.account],
  hot: true,
});

/** The block that applies to a bucket: its own together with that of its owner's account. */
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
