import type { Context } from "#kernel/context.ts";
import { invalidArgument } from "../errors.ts";
import { merged } from "../listing/merge.ts";
import { type Page, type Position, type Rows, type Selection, walk } from "../listing/walk.ts";
import { type ObjectVersion, objects, type Upload, uploads } from "../store.ts";
import { otherDelimiter, prefixWithoutDelimiter } from "./errors.ts";
import { isDirectoryName } from "./names.ts";

type Within = Pick<Selection, "prefix" | "delimiter">;

/**
 * Checks the prefix and the delimiter of a listing, which are those of directories in directory buckets.
 * @throws {AwsError} InvalidRequest
 */
export function checkWithin(bucket: string, { prefix, delimiter }: Within): void {
  if (!isDirectoryName(bucket)) return;
  if (delimiter !== "" && delimiter !== "/") throw otherDelimiter(delimiter);
  if (prefix !== "" && !prefix.endsWith("/")) throw prefixWithoutDelimiter(prefix);
}

/**
 * Returns one page of the objects of a directory bucket. With a delimiter, it shows the directories of uploads in
 * progress, too. Although S3 promises no order, keys come in that of other buckets.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function walkDirectory(
  ctx: Context,
  bucket: number,
  selection: Selection,
): Promise<Omit<Page<ObjectVersion>, "last">> {
  const { rows, ...page } = await walk(ctx, rowsOf(bucket, selection), selection);
  return { ...page, rows: rows.filter(isObject) };
}

const rowsOf = (bucket: number, { prefix, delimiter }: Within): Rows<ObjectVersion | Upload> => ({
  key: (row) => row.key,
  tuple: (row) => [row.key],
  // An upload is no entry itself, but its directory is.
  listed: (row) => isObject(row) || (delimiter !== "" && row.key.includes(delimiter, prefix.length)),
  async page(tx, range) {
    const begun = await tx.list(uploads, { in: [bucket], ...range });
    const found = await tx.list(objects, { in: [bucket], ...range });
    return merged<ObjectVersion | Upload>(found, begun, (row) => row.key, range.limit);
  },
});

const isObject = (row: ObjectVersion | Upload): row is ObjectVersion => !("uploadId" in row);

const MARKER = "s3/ListMultipartUploads";

/** Returns the marker of the next page of uploads, which in directory buckets is not a key. */
export const sealedMarker = (ctx: Context, next: Position | undefined): string | undefined =>
  next && ctx.seal.seal(MARKER, next);

/** @throws {AwsError} InvalidArgument */
export function positionIn(ctx: Context, marker: string): Position | undefined {
  if (marker === "") return undefined;
  const position = ctx.seal.unseal(MARKER, marker);
  if (position === undefined) throw invalidArgument("Invalid key marker", "key-marker", marker);
  return position as Position;
}
