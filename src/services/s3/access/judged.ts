import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { alsoOnAccessPoint } from "./facts.ts";
import { needsNoJudgement, type OnBucket, type Scene, sceneOf } from "./scene.ts";

/** Shared, since nearly all calls need no judgement. */
export const NOTHING: AccessFact[] = [];

type FactsIn = (scene: Scene, tx: ReadTransaction) => MaybePromise<AccessFact[]>;

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
  const scene = await sceneOf(ctx, tx, input);
  if (!scene) return NOTHING;
  const facts = await factsIn(scene, tx);
  return scene.accessPoint ? facts.flatMap((fact) => alsoOnAccessPoint(scene, fact)) : facts;
}
