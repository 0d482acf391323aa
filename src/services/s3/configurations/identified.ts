import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { bucketAt } from "../buckets/bucket.ts";
import type { ConfigurationKind } from "../buckets/configurations.ts";
import type { Bucket } from "../store.ts";
import {
  idMismatch,
  invalidConfigurationId,
  malformedToken,
  noSuchConfiguration,
  tooManyConfigurations,
} from "./errors.ts";

/**
 * Configurations of which a bucket may have up to a thousand, with ids that its owner chooses: inventory,
 * analytics, metrics, and Intelligent-Tiering.
 */

const MAX_CONFIGURATIONS = 1_000;
const PAGE = 100;

export interface Identified {
  Id: string;
}

/** Identifies one configuration of a bucket. */
export interface Named {
  Bucket: string;
  Id: string;
}

/** @throws {AwsError} InvalidConfigurationId, IdMismatch */
export function checkId({ Id: id }: Named, document: Identified): void {
  if (!/^[\w.-]{1,64}$/.test(id)) throw invalidConfigurationId();
  if (document.Id !== id) throw idMismatch();
}

/** @throws {AwsError} NoSuchBucket, TooManyConfigurations */
export async function putIdentified<T>(
  tx: Transaction,
  kind: ConfigurationKind<T>,
  { Bucket: name, Id: id }: Named,
  document: T,
): Promise<Bucket> {
  const bucket = await bucketAt(tx, name);
  if (!(await kind.get(tx, bucket, id)) && (await kind.list(tx, bucket)).length >= MAX_CONFIGURATIONS)
    throw tooManyConfigurations();
  kind.put(tx, bucket, document, id);
  return bucket;
}

/** @throws {AwsError} NoSuchBucket, NoSuchConfiguration */
export async function getIdentified<T>(
  ctx: Context,
  kind: ConfigurationKind<T>,
  { Bucket: name, Id: id }: Named,
): Promise<T> {
  const document = await ctx.read(async (tx) => kind.get(tx, await bucketAt(tx, name), id));
  if (document === undefined) throw noSuchConfiguration();
  return document;
}

/**
 * Deletes a configuration.
 * @param after performs further changes in the same transaction
 * @throws {AwsError} NoSuchBucket, NoSuchConfiguration
 */
export function deleteIdentified<T>(
  ctx: Context,
  kind: ConfigurationKind<T>,
  { Bucket: name, Id: id }: Named,
  after?: (tx: Transaction, bucket: Bucket) => Promise<void>,
): Promise<object> {
  return ctx.transact(async (tx) => {
    const bucket = await bucketAt(tx, name);
    if ((await kind.get(tx, bucket, id)) === undefined) throw noSuchConfiguration();
    kind.delete(tx, bucket, id);
    await after?.(tx, bucket);
    return {};
  });
}

export interface ConfigurationPage<T> {
  shown: T[];
  IsTruncated: boolean;
  ContinuationToken?: string | undefined;
  NextContinuationToken?: string | undefined;
}

/** Lists configurations in the order of their ids, a hundred per page. */
export async function listIdentified<T>(
  ctx: Context,
  kind: ConfigurationKind<T>,
  { Bucket: name, ContinuationToken: token }: { Bucket: string; ContinuationToken?: string },
  idOf: (document: T) => string,
): Promise<ConfigurationPage<T>> {
  // An empty token counts as none.
  const after = !token ? undefined : idIn(token);
  const all = await ctx.read(async (tx) => kind.list(tx, await bucketAt(tx, name)));
  const rest = after === undefined ? all : all.filter((document) => idOf(document) > after);
  const shown = rest.slice(0, PAGE);
  const isTruncated = rest.length > PAGE;
  return {
    shown,
    IsTruncated: isTruncated,
    ContinuationToken: token,
    NextContinuationToken: isTruncated ? tokenOf(idOf(shown.at(-1)!)) : undefined,
  };
}

const tokenOf = (id: string) => Buffer.from(id).toString("base64url");

function idIn(token: string): string {
  const id = Buffer.from(token, "base64url").toString();
  if (id !== "" && tokenOf(id) === token) return id;
  throw malformedToken();
}
