import { parseArn } from "#aws/arn.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { tableName } from "../items/rows.ts";
import { checkResourceArn } from "../resource-arn.ts";
import { type Policed, type Stream, streams, type Table, tables } from "../store.ts";
import { streamAt } from "../streams/streams.ts";
import { namedTable } from "../tables/named.ts";
import { canonicalPolicy, toldPolicy } from "./document.ts";
import {
  locksOut,
  noPolicyOfRevision,
  noSuchPolicy,
  notHere,
  notTheOwner,
  policyOfOtherRevision,
} from "./errors.ts";

/** Stands for the revision of a policy that is not there. */
const NO_POLICY = "NO_POLICY";

export const policyOperations = {
  /** The same policy again has the same revision. */
  async PutResourcePolicy(ctx, { ResourceArn, Policy, ExpectedRevisionId, ConfirmRemoveSelfResourceAccess }) {
    const policy = canonicalPolicy(Policy, isOfStream(ResourceArn) ? "stream" : "table");
    if (!ConfirmRemoveSelfResourceAccess) checkNotLockedOut(ctx, ResourceArn, policy);
    return ctx.transact(async (tx) => {
      const { of, put } = await policedAt(ctx, tx, ResourceArn);
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
    return { Policy: toldPolicy(of.policy), RevisionId: revisionOf(of) };
  },

  /** What has none may be left without one again; its revision is then that of the deletion. */
  async DeleteResourcePolicy(ctx, { ResourceArn, ExpectedRevisionId }) {
    return ctx.transact(async (tx) => {
      const { of, put } = await policedAt(ctx, tx, ResourceArn);
      checkRevision(of, ResourceArn, ExpectedRevisionId);
      if (of.policy === undefined) return { RevisionId: of.policyRevision };
      put({ policy: undefined, policyRevision: nextRevision(of, tx.now()) });
      return { RevisionId: revisionOf(of) };
    });
  },
} satisfies Handlers<"dynamodb">;

type Policy = Pick<Policed, "policy" | "policyRevision">;

export const isOfStream = (arn: string): boolean => arn.includes("/stream/");

/** @throws {AwsError} ResourceNotFoundException */
const resourceAt = (place: Place, tx: ReadTransaction, arn: string): Promise<Table | Stream> =>
  isOfStream(arn) ? streamAt(place, tx, arn) : namedTable(tx, arn);

/** A table or stream, and how it gets another policy. @throws {AwsError} ResourceNotFoundException */
async function policedAt(place: Place, tx: Transaction, arn: string) {
  const of = await resourceAt(place, tx, arn);
  const put = (policy: Policy) =>
    "table" in of ? tx.put(streams, { ...of, ...policy }) : tx.put(tables, { ...of, ...policy });
  return { of, put };
}

/** Before anything is asked of whoever calls. @throws {AwsError} ValidationException for what is nothing of this account and Region */
export function checkPolicyArn({ account, region }: Place, arn: string): void {
  checkResourceArn(arn);
  const { partition, account: owner, region: home } = parseArn(arn)!;
  if (owner !== account) throw notTheOwner();
  if (partition !== "aws" || home !== region) throw notHere(arn);
}

/** @throws {AwsError} AccessDeniedException where whoever puts a policy could not put another in its place */
function checkNotLockedOut(ctx: Context, resource: string, resourcePolicy: string): void {
  try {
    ctx.authorize([{ action: "dynamodb:PutResourcePolicy", resource, owner: ctx.account, resourcePolicy }]);
  } catch {
    throw locksOut();
  }
}

/** The milliseconds at which it was changed; one that came with its table is as old as that. */
const revisionOf = ({ policy, policyRevision, created }: Policed): string | undefined =>
  policy === undefined ? undefined : (policyRevision ?? String(created));
const nextRevision = ({ policyRevision, created }: Policed, now: number): string =>
  String(Math.max(now, Number(policyRevision ?? created) + 1));

/** @throws {AwsError} PolicyNotFoundException where there is another than was expected */
function checkRevision(of: Policed, arn: string, expected: string | undefined): void {
  const revision = revisionOf(of);
  if (expected === undefined || expected === (revision ?? NO_POLICY)) return;
  throw revision === undefined
    ? noPolicyOfRevision(tableName(arn), expected)
    : policyOfOtherRevision(tableName(arn), expected);
}
