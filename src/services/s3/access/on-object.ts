/** Facts of calls on objects that should be there. */
import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { findVersion } from "../versions.ts";
import { alsoOnAccessPoint, bucketFact, contentFact, objectFact } from "./facts.ts";
import { judged } from "./judged.ts";
import type { OnObject, Scene } from "./scene.ts";

/**
 * A call on an object that should exist. A call that names a version needs another permission: `s3:GetObject` becomes
 * `s3:GetObjectVersion`. Only callers who may list the bucket learn that an object does not exist.
 */
export const onVersion =
  (...actions: string[]) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => factsOnVersion(ctx, scene, actions, input));

export function factsOnVersion(ctx: Context, scene: Scene, actions: string[], input: OnObject): AccessFact[] {
  const named = input.VersionId !== undefined;
  const facts = actions.map((action) =>
    objectFact(ctx, scene, named ? versionAction(action) : action, input),
  );
  if (scene.version && (named || !scene.version.deleteMarker)) return facts;
  return [...facts, bucketFact(ctx, scene, named ? "s3:ListBucketVersions" : "s3:ListBucket", {})];
}

/** A call on an annotation of an object that should exist: one action, whichever version is named. */
export const onAnnotation =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => [
      objectFact(ctx, scene, action, input),
      ...(scene.version ? [] : [bucketFact(ctx, scene, "s3:ListBucket", {})]),
    ]);

/** One action, whichever version is named. */
export const onObject =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => [objectFact(ctx, scene, action, input)]);

function versionAction(action: string): string {
  const [, verb, what = ""] = /^s3:(\w+?Object)(\w*)$/.exec(action)!;
  return `s3:${verb}Version${what}`;
}

interface Bypassing extends OnObject {
  BypassGovernanceRetention?: boolean;
  IfMatch?: string;
}

export const onDeletion = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  judged(ctx, input, (scene) => deletionFacts(ctx, scene, input, input.BypassGovernanceRetention));

interface Deletion {
  Key: string;
  VersionId?: string | undefined;
  IfMatch?: string | undefined;
}

/** One key of a batch. @throws {AwsError} AccessDenied */
export async function authorizeDeletion(
  ctx: Context,
  tx: ReadTransaction,
  scene: Scene,
  input: Deletion,
  bypass: boolean | undefined,
): Promise<void> {
  const version = await findVersion(tx, scene.bucket, input.Key, input.VersionId);
  const seen = { ...scene, ...(version && { version }) };
  ctx.authorize(deletionFacts(ctx, seen, input, bypass).flatMap((fact) => alsoOnAccessPoint(seen, fact)));
}

function deletionFacts(
  ctx: Context,
  scene: Scene,
  input: Deletion,
  bypass: boolean | undefined,
): AccessFact[] {
  const action = input.VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return [
    contentFact(ctx, scene, action, input),
    ...matchFacts(ctx, scene, input),
    ...bypassFacts(ctx, scene, input, bypass),
  ];
}

export const onRetention = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  judged(ctx, input, (scene) => [
    objectFact(ctx, scene, "s3:PutObjectRetention", input),
    ...bypassFacts(ctx, scene, input, input.BypassGovernanceRetention),
  ]);

/** Changing a version that is locked in governance mode needs a permission of its own. */
const bypassFacts = (ctx: Context, scene: Scene, input: { Key: string }, bypass: boolean | undefined) =>
  bypass ? [contentFact(ctx, scene, "s3:BypassGovernanceRetention", input)] : [];

/** A condition on the ETag reveals something of an object, so its caller must be allowed to read it. */
export function matchFacts(ctx: Context, scene: Scene, { Key, IfMatch }: Pick<Deletion, "Key" | "IfMatch">) {
  if (IfMatch === undefined || IfMatch === "*" || !scene.version) return [];
  return [objectFact(ctx, scene, "s3:GetObject", { Key })];
}
