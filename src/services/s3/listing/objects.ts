import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkWithin, walkDirectory } from "../directory/listing.ts";
import { wrongToken } from "../errors.ts";
import { ownerOf } from "../owner.ts";
import { restoreStatus } from "../storage-classes/archive.ts";
import { type ObjectVersion, objects } from "../store.ts";
import { type Encode, entriesOf, keyEncoding, requestedEntries } from "./parameters.ts";
import { type Page, type Position, positionAfter, type Rows, walk } from "./walk.ts";

export const listObjects = {
  async ListObjects(ctx, input) {
    const { Prefix: prefix = "", Delimiter: delimiter = "", Marker: marker = "" } = input;
    const maxKeys = requestedEntries(input.MaxKeys, "maxKeys");
    const limit = entriesOf(maxKeys);
    const encode = keyEncoding(input.EncodingType);
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    const start = marker === "" ? undefined : positionAfter(marker, { prefix, delimiter });
    const page = await walk(ctx, rowsOf(bucket.id), { prefix, delimiter, limit, start });
    const { last } = page;
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      MaxKeys: maxKeys,
      IsTruncated: page.next !== undefined,
      EncodingType: input.EncodingType,
      BucketRegion: bucket.region,
      // S3 returns a marker only with a delimiter; otherwise the client uses the last key.
      ...(delimiter !== "" && { Delimiter: encode(delimiter) }),
      ...(delimiter !== "" &&
        page.next !== undefined && { NextMarker: encode(typeof last === "string" ? last : last!.key) }),
      ...entries(page, encode, { ...optionalAttributes(ctx, input), withOwner: true }),
    };
  },

  async ListObjectsV2(ctx, input) {
    const { Prefix: prefix = "", Delimiter: delimiter = "", StartAfter: startAfter = "" } = input;
    const { ContinuationToken: token } = input;
    const maxKeys = requestedEntries(input.MaxKeys, "maxKeys");
    const limit = entriesOf(maxKeys);
    const encode = keyEncoding(input.EncodingType);
    const start =
      token !== undefined ? unseal(ctx, token) : startAfter === "" ? undefined : { after: [startAfter] };
    checkWithin(input.Bucket, { prefix, delimiter });
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    const selection = { prefix, delimiter, limit, start };
    const page =
      bucket.zone === undefined
        ? await walk(ctx, rowsOf(bucket.id), selection)
        : await walkDirectory(ctx, bucket.id, selection);
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      MaxKeys: maxKeys,
      KeyCount: page.rows.length + page.prefixes.length,
      IsTruncated: page.next !== undefined,
      EncodingType: input.EncodingType,
      BucketRegion: bucket.region,
      ContinuationToken: token,
      NextContinuationToken: page.next && ctx.seal.seal(TOKEN, page.next),
      ...(delimiter !== "" && { Delimiter: encode(delimiter) }),
      ...(token === undefined && input.StartAfter !== undefined && { StartAfter: encode(startAfter) }),
      ...entries(page, encode, { ...optionalAttributes(ctx, input), withOwner: input.FetchOwner === true }),
    };
  },
} satisfies Handlers<"s3">;

const TOKEN = "s3/ListObjectsV2";

function unseal(ctx: Context, token: string): Position {
  const position = ctx.seal.unseal(TOKEN, token);
  if (position === undefined) {
    throw wrongToken();
  }
  return position as Position;
}

const rowsOf = (bucket: number): Rows<ObjectVersion> => ({
  page: (tx, range) => tx.list(objects, { in: [bucket], ...range }),
  key: (row) => row.key,
  tuple: (row) => [row.key],
  listed: (row) => !row.deleteMarker,
});

interface OptionalAttributes {
  withOwner: boolean;
  /** The current cloud time; absent unless the request asks for the restore status. */
  restoredAt: number | undefined;
}

/** Returns the attributes that a listing has only on request. */
export function optionalAttributes({ clock }: Context, input: { OptionalObjectAttributes?: string[] }) {
  const includesRestoreStatus = input.OptionalObjectAttributes?.includes("RestoreStatus");
  return { restoredAt: includesRestoreStatus ? clock.now() : undefined };
}

function entries(
  page: Pick<Page<ObjectVersion>, "rows" | "prefixes">,
  encode: Encode,
  { withOwner, restoredAt }: OptionalAttributes,
) {
  return {
    Contents: page.rows.map((row) => ({
      Key: encode(row.key),
      LastModified: new Date(row.modified),
      ETag: `"${row.etag}"`,
      ...checksumOf(row),
      Size: row.size,
      StorageClass: (row.storageClass ?? "STANDARD") as "STANDARD",
      ...(restoredAt !== undefined && restoreStatus(row, restoredAt)),
      ...(withOwner && { Owner: ownerOf(row.owner) }),
    })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

export const checksumOf = ({ checksum }: ObjectVersion) =>
  checksum && { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type };
