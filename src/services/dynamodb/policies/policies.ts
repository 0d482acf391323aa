import { parseArn } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { checkResourceArn } from "../resource-arn.ts";
import { type Table, tables } from "../store.ts";
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
    const policy = canonicalPolicy(Policy);
    if (!ConfirmRemoveSelfResourceAccess) checkNotLockedOut(ctx, ResourceArn, policy);
    return ctx.transact(async (tx) => {
      const table = await namedTable(tx, ResourceArn);
      checkRevision(table, ExpectedRevisionId);
      if (table.policy === policy) return { RevisionId: revisionOf(table)! };
      const policyRevision = nextRevision(table, tx.now());
      tx.put(tables, { ...table, policy, policyRevision });
      return { RevisionId: policyRevision };
    });
  },

  async GetResourcePolicy(ctx, { ResourceArn }) {
    const table = await ctx.read((tx) => namedTable(tx, ResourceArn));
    if (table.policy === undefined) throw noSuchPolicy(ResourceArn);
    return { Policy: toldPolicy(table.policy), RevisionId: revisionOf(table) };
  },

  /** What has none may be left without one again; its revision is then that of the deletion. */
  async DeleteResourcePolicy(ctx, { ResourceArn, ExpectedRevisionId }) {
    return ctx.transact(async (tx) => {
      const table = await namedTable(tx, ResourceArn);
      checkRevision(table, ExpectedRevisionId);
      if (table.policy === undefined) return { RevisionId: table.policyRevision };
      tx.put(tables, { ...table, policy: undefined, policyRevision: nextRevision(table, tx.now()) });
      return { RevisionId: revisionOf(table) };
    });
  },
} satisfies Handlers<"dynamodb">;

/** Before anything is asked of whoever calls. @throws {AwsError} ValidationException for what is no table of this account and Region */
export function checkPolicyArn({ account, region }: Place, arn: string): void {
  checkResourceArn(arn);
  const { partition, account: owner, region: home } = parseArn(arn)!;
  if (owner !== account) throw notTheOwner();
  if (partition !== "aws" || home !== region) throw notHere(arn);
  if (arn.includes("/stream/"))
    throw new AwsError("NotImplemented", "Nube does not implement resource policies of a stream yet.", {
      status: 501,
    });
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
const revisionOf = ({ policy, policyRevision, created }: Table): string | undefined =>
  policy === undefined ? undefined : (policyRevision ?? String(created));
const nextRevision = ({ policyRevision, created }: Table, now: number): string =>
  String(Math.max(now, Number(policyRevision ?? created) + 1));

/** @throws {AwsError} PolicyNotFoundException where there is another than was expected */
function checkRevision(table: Table, expected: string | undefined): void {
  const revision = revisionOf(table);
  if (expected === undefined || expected === (revision ?? NO_POLICY)) return;
  throw revision === undefined
    ? noPolicyOfRevision(table.name, expected)
    : policyOfOtherRevision(table.name, expected);
}
