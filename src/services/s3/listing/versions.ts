import { PAGE_ROWS } from "#aws/protocols/s3-versions.ts";
import { descending } from "#kernel/records/keys.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { invalidArgument } from "../errors.ts";
import { ownerOf } from "../owner.ts";
import { restoreStatus } from "../storage-classes/archive.ts";
import { type Bucket, noncurrent, type ObjectVersion, objects } from "../store.ts";
import { findVersion, orderOf } from "../versions.ts";
import { merged } from "./merge.ts";
import { checksumOf, optionalAttributes } from "./objects.ts";
import { type Encode, entriesOf, keyEncoding, requestedEntries } from "./parameters.ts";
import { type Page, type Position, positionAfter, type RowRange, type Rows, walk } from "./walk.ts";

export const listVersions = {
  async ListObjectVersions(ctx, input) {
    const { Prefix: prefix = "", Delimiter: delimiter = "" } = input;
    const { KeyMarker: keyMarker = "", VersionIdMarker: versionMarker } = input;
    if ((input.MaxKeys ?? 0) < 0) {
      throw invalidArgument("max-keys cannot be negative", "max-keys");
    }
    const maxKeys = requestedEntries(input.MaxKeys, "maxKeys");
    const limit = entriesOf(maxKeys);
    if (versionMarker !== undefined && keyMarker === "") {
      const message = "A version-id marker cannot be specified without a key marker.";
      throw invalidArgument(message, "version-id-marker", versionMarker);
    }
    if (versionMarker === "") {
      throw invalidArgument("A version-id marker cannot be empty.", "version-id-marker", "");
    }
    const { bucket, order } = await ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      return { bucket, order: await orderAfter(tx, bucket, keyMarker, versionMarker) };
    });
    const encode = keyEncoding(input.EncodingType);
    const start = startAt({ prefix, delimiter, keyMarker, order });
    const page = await walk(ctx, versionRows(bucket.id), { prefix, delimiter, limit, start });
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: versionMarker ?? "",
      MaxKeys: maxKeys,
      IsTruncated: page.next !== undefined,
      EncodingType: input.EncodingType,
      ...(input.Delimiter !== undefined && { Delimiter: encode(delimiter) }),
      ...nextMarkers(page, encode),
      ...entries(page, encode, optionalAttributes(ctx, input).restoredAt),
    };
  },
} satisfies Handlers<"s3">;

export interface Row {
  version: ObjectVersion;
  latest: boolean;
}

/**
 * Merges both collections, which together hold each version once: the newest
 * version of a key precedes the others.
 */
export function versionRows(bucket: number): Rows<Row> {
  /**
   * The transaction that has found no further noncurrent versions, so that it does not look for them again.
   */
  let bare: ReadTransaction | undefined;
  return {
    key: ({ version }) => version.key,
    tuple: ({ version }) => [version.key, descending(version.order)],
    async page(tx, range) {
      const others = tx === bare ? [] : await tx.list(noncurrent, { in: [bucket], ...range });
      if (others.length === 0) bare = tx;
      const after = range.after && { after: range.after.slice(0, 1) };
      const newest = await tx.list(objects, { in: [bucket], ...range, ...after });
      const older = await currentBelow(tx, bucket, range);
      const first = (older ? [older, ...newest] : newest).map((version) => ({ version, latest: true }));
      if (others.length === 0) return first.slice(0, range.limit);
      const second = others.map((version) => ({ version, latest: false }));
      return merged<Row>(first, second, ({ version }) => version.key, range.limit);
    },
  };
}

/**
 * Returns the current version of the key at which a page begins, if it is older than the version at which the last
 * page ended: the newer ones have been deleted since.
 */
async function currentBelow(tx: ReadTransaction, bucket: number, { prefix = "", after }: RowRange) {
  const [key, position] = (after ?? []) as [key?: string, position?: number];
  if (key === undefined || position === undefined || !key.startsWith(prefix as string)) return undefined;
  const current = await tx.get(objects, [bucket, key]);
  return current && descending(current.order) > position ? current : undefined;
}

/**
 * Returns the position of a version id among the versions of its key. The version need not exist: clients delete
 * versions while they list them. Where the null version was, is not known then, so the key's others are listed again.
 */
async function orderAfter(tx: ReadTransaction, bucket: Bucket, key: string, versionId: string | undefined) {
  if (versionId === undefined) return undefined;
  if (versionId === "null")
    return (await findVersion(tx, bucket, key, "null"))?.order ?? Number.MAX_SAFE_INTEGER;
  const order = orderOf(versionId);
  if (order === undefined)
    throw invalidArgument("Invalid version id specified", "version-id-marker", versionId);
  return order;
}

interface Markers {
  prefix: string;
  delimiter: string;
  keyMarker: string;
  order: number | undefined;
}

function startAt({ prefix, delimiter, keyMarker, order }: Markers): Position | undefined {
  if (keyMarker === "") return undefined;
  const position = positionAfter(keyMarker, { prefix, delimiter });
  return "past" in position || order === undefined ? position : { after: [keyMarker, descending(order)] };
}

function nextMarkers({ last, next }: Page<Row>, encode: Encode) {
  if (next === undefined || last === undefined) return undefined;
  if (typeof last === "string") return { NextKeyMarker: encode(last) };
  return { NextKeyMarker: encode(last.version.key), NextVersionIdMarker: last.version.versionId };
}

function entries(page: Page<Row>, encode: Encode, restoredAt: number | undefined) {
  const entry = ({ version, latest }: Row) => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: new Date(version.modified),
    Owner: ownerOf(version.owner),
  });
  const objectEntry = (row: Row) => ({
    ...entry(row),
    ETag: `"${row.version.etag}"`,
    ...checksumOf(row.version),
    Size: row.version.size,
    StorageClass: (row.version.storageClass ?? "STANDARD") as "STANDARD",
    ...(restoredAt !== undefined && restoreStatus(row.version, restoredAt)),
  });
  const rows = page.rows.map((row) =>
    row.version.deleteMarker
      ? { Versions: [], DeleteMarkers: [entry(row)] }
      : { Versions: [objectEntry(row)], DeleteMarkers: [] },
  );
  return {
    [PAGE_ROWS]: rows,
    Versions: rows.flatMap(({ Versions }) => Versions),
    DeleteMarkers: rows.flatMap(({ DeleteMarkers }) => DeleteMarkers),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}
