import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { accessPointFacts } from "./facts.ts";
import { type AccessTarget, needsNoAuthorization, type OnBucket, targetOf } from "./target.ts";

/** A shared empty list, since most calls need no authorization. */
export const NOTHING: AccessFact[] = [];

type FactsIn = (target: AccessTarget, tx: ReadTransaction) => MaybePromise<AccessFact[]>;

/** Returns the access facts of a call on a bucket, or an empty list if the call needs no authorization. */
export function authorization(ctx: Context, input: OnBucket, factsIn: FactsIn): MaybePromise<AccessFact[]> {
  return ctx.look((tx) =>
    needsNoAuthorization(ctx, tx, input) ? NOTHING : fullAuthorization(ctx, tx, input, factsIn),
  );
}

async function fullAuthorization(
  ctx: Context,
  tx: ReadTransaction,
  input: OnBucket,
  factsIn: FactsIn,
): Promise<AccessFact[]> {
  const target = await targetOf(ctx, tx, input);
  if (!target) return NOTHING;
  const facts = await factsIn(target, tx);
  return target.accessPoint ? facts.flatMap((fact) => accessPointFacts(target, fact)) : facts;
}
