import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { tableName } from "../items/rows.ts";
import { checkResourceArn } from "../resource-arn.ts";
import { type PolicyHolder, type Stream, streams, type Table, tables } from "../store.ts";
import { streamAt } from "../streams/streams.ts";
import { namedTable } from "../tables/named.ts";
import { canonicalPolicy, shownPolicy } from "./document.ts";
import {
  locksOut,
  noPolicyOfRevision,
  noSuchPolicy,
  notHere,
  notTheOwner,
  policyOfOtherRevision,
} from "./errors.ts";

/** The expected revision of a policy that must not exist. */
const NO_POLICY = "NO_POLICY";

export const policyOperations = {
  /** An unchanged policy keeps its revision. */
  async PutResourcePolicy(ctx, { ResourceArn, Policy, ExpectedRevisionId, ConfirmRemoveSelfResourceAccess }) {
    const policy = canonicalPolicy(Policy, isOfStream(ResourceArn) ? "stream" : "table");
    if (!ConfirmRemoveSelfResourceAccess) checkNotLockedOut(ctx, ResourceArn, policy);
    return ctx.transact(async (tx) => {
      const { of, put } = await policyHolderAt(ctx, tx, ResourceArn);
      checkRevision(of, ResourceArn, ExpectedRevisionId);
      if (of.policy === policy) return { RevisionId: revisionOf(of)! };
      const policyRevision = nextRevision(of, tx.now());
      put({ policy, policyRevision });
      return { RevisionId: policyRevision };
    });
  },

  async GetResourcePolicy(ctx, { ResourceArn }) {
    const of = await ctx.read((tx) => resourceAt(ctx, tx, ResourceArn));
    if (of.policy === undefined) throw noSuchPolicy(ResourceArn);
    return { Policy: shownPolicy(of.policy), RevisionId: revisionOf(of) };
  },

  /** Succeeds without a policy, too, and then returns the revision of the former deletion. */
  async DeleteResourcePolicy(ctx, { ResourceArn, ExpectedRevisionId }) {
    return ctx.transact(async (tx) => {
      const { of, put } = await policyHolderAt(ctx, tx, ResourceArn);
      checkRevision(of, ResourceArn, ExpectedRevisionId);
      if (of.policy === undefined) return { RevisionId: of.policyRevision };
      put({ policy: undefined, policyRevision: nextRevision(of, tx.now()) });
      return { RevisionId: revisionOf(of) };
    });
  },
} satisfies Handlers<"dynamodb">;

type Policy = Pick<PolicyHolder, "policy" | "policyRevision">;

export const isOfStream = (arn: string): boolean => arn.includes("/stream/");

/** @throws {AwsError} ResourceNotFoundException */
const resourceAt = (place: Place, tx: ReadTransaction, arn: string): Promise<Table | Stream> =>
  isOfStream(arn) ? streamAt(place, tx, arn) : namedTable(tx, arn);

/** A table or stream, and a function that sets its policy. @throws {AwsError} ResourceNotFoundException */
async function policyHolderAt(place: Place, tx: Transaction, arn: string) {
  const of = await resourceAt(place, tx, arn);
  const put = (policy: Policy) =>
    "table" in of ? tx.put(streams, { ...of, ...policy }) : tx.put(tables, { ...of, ...policy });
  return { of, put };
}

/**
 * Checks a resource's ARN before authorization.
 * @throws {AwsError} ValidationException for another account or Region
 */
export function checkPolicyArn({ account, region }: Place, arn: string): void {
  checkResourceArn(arn);
  const { partition, account: owner, region: home } = parseArn(arn)!;
  if (owner !== account) throw notTheOwner();
  if (partition !== "aws" || home !== region) throw notHere(arn);
}

/** @throws {AwsError} AccessDeniedException if the caller could not replace the new policy */
function checkNotLockedOut(ctx: Context, resource: string, resourcePolicy: string): void {
  try {
    ctx.authorize([{ action: "dynamodb:PutResourcePolicy", resource, owner: ctx.account, resourcePolicy }]);
  } catch {
    throw locksOut();
  }
}

/** The revision of a policy: the time of its last change in milliseconds, or of the table's creation. */
const revisionOf = ({ policy, policyRevision, created }: PolicyHolder): string | undefined =>
  policy === undefined ? undefined : (policyRevision ?? String(created));
const nextRevision = ({ policyRevision, created }: PolicyHolder, now: number): string =>
  String(Math.max(now, Number(policyRevision ?? created) + 1));

/** @throws {AwsError} PolicyNotFoundException if the revision is not the expected one */
function checkRevision(of: PolicyHolder, arn: string, expected: string | undefined): void {
  const revision = revisionOf(of);
  if (expected === undefined || expected === (revision ?? NO_POLICY)) return;
  throw revision === undefined
    ? noPolicyOfRevision(tableName(arn), expected)
    : policyOfOtherRevision(tableName(arn), expected);
}
