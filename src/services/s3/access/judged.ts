import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { alsoOnAccessPoint } from "./facts.ts";
import { type AccessTarget, needsNoJudgement, type OnBucket, targetOf } from "./target.ts";

/** Shared, since nearly all calls need no judgement. */
export const NOTHING: AccessFact[] = [];

type FactsIn = (target: AccessTarget, tx: ReadTransaction) => MaybePromise<AccessFact[]>;

/** The facts of a call on a bucket, if it needs a judgement. */
export function judged(ctx: Context, input: OnBucket, factsIn: FactsIn): MaybePromise<AccessFact[]> {
  return ctx.look((tx) =>
    needsNoJudgement(ctx, tx, input) ? NOTHING : judgedInFull(ctx, tx, input, factsIn),
  );
}

async function judgedInFull(
  ctx: Context,
  tx: ReadTransaction,
  input: OnBucket,
  factsIn: FactsIn,
): Promise<AccessFact[]> {
  const target = await targetOf(ctx, tx, input);
  if (!target) return NOTHING;
  const facts = await factsIn(target, tx);
  return target.accessPoint ? facts.flatMap((fact) => alsoOnAccessPoint(target, fact)) : facts;
}
