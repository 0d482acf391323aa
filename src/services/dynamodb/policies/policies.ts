import { AwsError } from "#aws/errors.ts";
import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import { faultsOf, type Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { invalid, noSuchTable } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";

const fault = faultsOf<"dynamodb">();
const noSuchPolicy = (arn: string) =>
  fault("PolicyNotFoundException", `Resource-based policy not found for the provided ResourceArn: ${arn}`);

/** White space counts. */
const MOST_BYTES = 20_480;
/** Stands for the revision of a policy that is not there. */
const NO_POLICY = "NO_POLICY";

export const policyOperations = {
  /** The same policy again has the same revision. */
  async PutResourcePolicy(ctx, { ResourceArn, Policy, ExpectedRevisionId }) {
    checkPolicy(Policy);
    return ctx.transact(async (tx) => {
      const table = await tableOf(tx, ResourceArn);
      checkRevision(table, ResourceArn, ExpectedRevisionId);
      if (table.policy === Policy) return { RevisionId: revisionOf(table)! };
      const changed = { ...table, policy: Policy, policyRevision: String(tx.sequence()) };
      tx.put(tables, changed);
      return { RevisionId: changed.policyRevision };
    });
  },

  async GetResourcePolicy(ctx, { ResourceArn }) {
    const table = await ctx.read((tx) => tableOf(tx, ResourceArn));
    if (table.policy === undefined) throw noSuchPolicy(ResourceArn);
    return { Policy: table.policy, RevisionId: revisionOf(table) };
  },

  /** What has none may be left without one again. */
  async DeleteResourcePolicy(ctx, { ResourceArn, ExpectedRevisionId }) {
    return ctx.transact(async (tx) => {
      const table = await tableOf(tx, ResourceArn);
      checkRevision(table, ResourceArn, ExpectedRevisionId);
      tx.put(tables, { ...table, policy: undefined, policyRevision: undefined });
      return { RevisionId: revisionOf(table) };
    });
  },
} satisfies Handlers<"dynamodb">;

/** A policy that came with its table has the table's number for a revision. */
const revisionOf = ({ policy, policyRevision, number }: Table): string | undefined =>
  policy === undefined ? undefined : (policyRevision ?? String(number));

/** @throws {AwsError} PolicyNotFoundException where there is another than was expected */
function checkRevision(table: Table, arn: string, expected: string | undefined): void {
  if (expected !== undefined && expected !== (revisionOf(table) ?? NO_POLICY)) throw noSuchPolicy(arn);
}

/** @throws {AwsError} ValidationException */
function checkPolicy(text: string): void {
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw invalid(`Resource-based policy size exceeds the maximum of ${MOST_BYTES / 1_024} KB`);
  try {
    parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw invalid("Invalid policy document: the resource-based policy is not well formed");
  }
}

async function tableOf(tx: ReadTransaction, arn: string): Promise<Table> {
  if (arn.includes("/stream/"))
    throw new AwsError("NotImplemented", "Nube does not implement resource policies of a stream yet.", {
      status: 501,
    });
  const table = await tx.get(tables, [tableName(arn)]);
  if (!table) throw noSuchTable();
  return table;
}
