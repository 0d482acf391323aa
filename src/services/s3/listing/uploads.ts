import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkWithin, positionIn, sealedMarker } from "../directory/listing.ts";
import { invalidArgument } from "../errors.ts";
import { initiatorOf } from "../multipart/upload.ts";
import { orderOfUpload } from "../multipart/upload-id.ts";
import { ownerOf } from "../owner.ts";
import { type Upload, uploads } from "../store.ts";
import { type Encode, entriesOf, keyEncoding, requestedEntries } from "./parameters.ts";
import { type Page, type Position, positionAfter, type Rows, type Selection, walk } from "./walk.ts";

export const listUploads = {
  async ListMultipartUploads(ctx, input) {
    const { Prefix: prefix = "", Delimiter: delimiter = "", KeyMarker: keyMarker = "" } = input;
    // S3 ignores the upload id marker if there is no key marker.
    const uploadMarker = keyMarker === "" ? "" : (input.UploadIdMarker ?? "");
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    const encode = keyEncoding(input.EncodingType);
    const limit = entriesOf(requestedEntries(input.MaxUploads, "max-uploads"));
    checkWithin(input.Bucket, { prefix, delimiter });
    const isDirectory = bucket.zone !== undefined;
    const start = isDirectory
      ? positionIn(ctx, keyMarker)
      : startAt({ prefix, delimiter }, keyMarker, uploadMarker);
    const page = await walk(ctx, rowsOf(bucket.id), { prefix, delimiter, limit, start });
    return {
      Bucket: input.Bucket,
      KeyMarker: encode(keyMarker),
      ...(!isDirectory && { UploadIdMarker: uploadMarker }),
      MaxUploads: limit,
      IsTruncated: page.next !== undefined,
      EncodingType: input.EncodingType,
      ...(delimiter !== "" && { Delimiter: encode(delimiter) }),
      // Unlike other listings, this one omits the prefix if none was requested.
      ...((prefix !== "" || delimiter !== "") && { Prefix: encode(prefix) }),
      ...(isDirectory ? { NextKeyMarker: sealedMarker(ctx, page.next) } : nextMarkers(page, encode)),
      Uploads: page.rows.map((upload) => entry(upload, encode)),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    };
  },
} satisfies Handlers<"s3">;

const rowsOf = (bucket: number): Rows<Upload> => ({
  page: (tx, range) => tx.list(uploads, { in: [bucket], ...range }),
  key: (row) => row.key,
  tuple: (row) => [row.key, row.order],
});

function startAt(
  within: Pick<Selection, "prefix" | "delimiter">,
  keyMarker: string,
  uploadMarker: string,
): Position | undefined {
  if (keyMarker === "") return undefined;
  const position = positionAfter(keyMarker, within);
  if (uploadMarker === "") return position;
  const order = orderOfUpload(uploadMarker);
  if (order === undefined) throw invalidArgument("Invalid uploadId marker", "upload-id-marker", uploadMarker);
  return "past" in position ? position : { after: [keyMarker, order] };
}

/** Returns the markers for the next page, which S3 returns even for the last page. */
function nextMarkers({ last }: Page<Upload>, encode: Encode) {
  if (last === undefined) return { NextKeyMarker: "", NextUploadIdMarker: "" };
  if (typeof last === "string") return { NextKeyMarker: encode(last), NextUploadIdMarker: "" };
  return { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.uploadId };
}

function entry(upload: Upload, encode: Encode) {
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiated: new Date(upload.initiated),
    StorageClass: (upload.storageClass ?? "STANDARD") as "STANDARD",
    Owner: ownerOf(upload.owner),
    Initiator: initiatorOf(upload),
    ChecksumAlgorithm: upload.checksumAlgorithm,
    ChecksumType: upload.checksumType,
  };
}
