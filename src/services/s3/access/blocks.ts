import { collection } from "#kernel/collection.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Bucket } from "../store.ts";

/**
 * What is kept from the public whatever policies and ACLs say.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export interface PublicAccessBlock {
  /** Refuses ACLs that let everybody in. */
  acls: boolean;
  /** Passes over such ACLs. */
  ignoreAcls: boolean;
  /** Refuses policies that let everybody in. */
  policy: boolean;
  /** Where a policy lets everybody in, lets in only the owner's account and services. */
  restrict: boolean;
}

/** As new buckets have it. */
export const ALL_BLOCKED: PublicAccessBlock = { acls: true, ignoreAcls: true, policy: true, restrict: true };
export const NOTHING_BLOCKED: PublicAccessBlock = {
  acls: false,
  ignoreAcls: false,
  policy: false,
  restrict: false,
};

/** What an account set for all of its buckets. */
interface AccountSettings {
  account: string;
  publicAccessBlock?: PublicAccessBlock;
}

export const accounts = collection<AccountSettings>("s3/account", {
  scope: "partition",
  key: (a) => [a.account],
  hot: true,
});

/** What holds for a bucket: its own settings and those of its owner's account, whichever says more. */
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
