/** The access facts of calls on existing objects. */
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { bypassesGovernance } from "../lock/headers.ts";
import { findVersion } from "../versions.ts";
import { authorization } from "./authorization.ts";
import { accessPointFacts, bucketFact, contentFact, objectFact } from "./facts.ts";
import type { AccessTarget, OnObject } from "./target.ts";

/**
 * Returns the access facts of a call on an object that is expected to exist. A call that names a version
 * needs another permission: `s3:GetObject` becomes `s3:GetObjectVersion`. Only callers who may list the
 * bucket learn that an object does not exist.
 */
export const onVersion =
  (...actions: string[]) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) => factsOnVersion(ctx, target, actions, input));

export function factsOnVersion(
  ctx: Context,
  target: AccessTarget,
  actions: string[],
  input: OnObject,
): AccessFact[] {
  const named = input.VersionId !== undefined;
  const facts = actions.map((action) =>
    objectFact(ctx, target, named ? versionAction(action) : action, input),
  );
  if (target.version && (named || !target.version.deleteMarker)) return facts;
  return [...facts, bucketFact(ctx, target, named ? "s3:ListBucketVersions" : "s3:ListBucket", {})];
}

/**
 * Returns the access facts of a call on an annotation of an object. The action is the
 * same with and without a version id.
 */
export const onAnnotation =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) => annotationFacts(ctx, target, action, input));

export const onAnnotationDeletion = (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
  authorization(ctx, input, (target) => [
    ...annotationFacts(ctx, target, "s3:DeleteObjectAnnotation", input),
    ...bypassFacts(ctx, target, input, bypassesGovernance(ctx)),
  ]);

const annotationFacts = (
  ctx: Context,
  target: AccessTarget,
  action: string,
  input: OnObject,
): AccessFact[] => [
  objectFact(ctx, target, action, input),
  ...(target.version ? [] : [bucketFact(ctx, target, "s3:ListBucket", {})]),
];

/** Returns the access facts of a call whose action is the same with and without a version id. */
export const onObject =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) => [objectFact(ctx, target, action, input)]);

function versionAction(action: string): string {
  const [, verb, what = ""] = /^s3:(\w+?Object)(\w*)$/.exec(action)!;
  return `s3:${verb}Version${what}`;
}

interface Bypassing extends OnObject {
  BypassGovernanceRetention?: boolean;
  IfMatch?: string;
}

export const onDeletion = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  authorization(ctx, input, (target) => deletionFacts(ctx, target, input, input.BypassGovernanceRetention));

interface Deletion {
  Key: string;
  VersionId?: string | undefined;
  IfMatch?: string | undefined;
}

/** Authorizes the deletion of one key of a batch. @throws {AwsError} AccessDenied */
export async function authorizeDeletion(
  ctx: Context,
  tx: ReadTransaction,
  target: AccessTarget,
  input: Deletion,
  bypass: boolean | undefined,
): Promise<void> {
  const version = await findVersion(tx, target.bucket, input.Key, input.VersionId);
  const object = { ...target, ...(version && { version }) };
  ctx.authorize(deletionFacts(ctx, object, input, bypass).flatMap((fact) => accessPointFacts(object, fact)));
}

function deletionFacts(
  ctx: Context,
  target: AccessTarget,
  input: Deletion,
  bypass: boolean | undefined,
): AccessFact[] {
  const action = input.VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return [
    contentFact(ctx, target, action, input),
    ...matchFacts(ctx, target, input),
    ...bypassFacts(ctx, target, input, bypass),
  ];
}

export const onRetention = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  authorization(ctx, input, (target) => [
    objectFact(ctx, target, "s3:PutObjectRetention", input),
    ...bypassFacts(ctx, target, input, input.BypassGovernanceRetention),
  ]);

/** Changing a version that is locked in governance mode needs a separate permission. */
const bypassFacts = (
  ctx: Context,
  target: AccessTarget,
  input: { Key: string },
  bypass: boolean | undefined,
) => (bypass ? [contentFact(ctx, target, "s3:BypassGovernanceRetention", input)] : []);

/** A condition on the ETag reveals something about an object, so the caller must be allowed to read it. */
export function matchFacts(
  ctx: Context,
  target: AccessTarget,
  { Key, IfMatch }: Pick<Deletion, "Key" | "IfMatch">,
) {
  if (IfMatch === undefined || IfMatch === "*" || !target.version) return [];
  return [objectFact(ctx, target, "s3:GetObject", { Key })];
}
