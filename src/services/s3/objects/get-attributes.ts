import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { customerKeyOf, keyForDecryption } from "../encryption/customer-key.ts";
import { refuseEncryption } from "../encryption/requested.ts";
import { invalidArgument, missingAttributes } from "../errors.ts";
import type { Checksum, Manifest, ObjectVersion } from "../store.ts";
import { manifestOf } from "./bytes.ts";
import { checksumMembers } from "./checksums.ts";
import { existingVersion, responseVersionId } from "./existing.ts";

const ATTRIBUTES = new Set<string>(["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]);
const MAX_PARTS = 1_000;
const MAX_ARGUMENT = 2 ** 31 - 1;

type Paging = Pick<Input<"s3", "GetObjectAttributes">, "MaxParts" | "PartNumberMarker">;

export const objectInspection = {
  async GetObjectAttributes(ctx, input) {
    refuseEncryption(ctx);
    const key = customerKeyOf(input);
    // The contract requires `ObjectAttributes`, but this has not been enforced at this point.
    const { ObjectAttributes: attributes = [] } = input;
    const requested = new Set<string>(attributes);
    requested.delete("");
    if (requested.size === 0) throw missingAttributes();
    const unknown = [...requested].find((attribute) => !ATTRIBUTES.has(attribute));
    if (unknown !== undefined)
      throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", unknown);
    checkMarker(input.PartNumberMarker);
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "GET");
      keyForDecryption(version, key);
      const manifest = requested.has("ObjectParts") ? await manifestOf(tx, version) : undefined;
      return {
        LastModified: new Date(version.modified),
        VersionId: responseVersionId(bucket, version),
        ETag: requested.has("ETag") ? version.etag : undefined,
        Checksum: requested.has("Checksum") && version.checksum ? plain(version.checksum) : undefined,
        ObjectParts: manifest && partsOf(version, manifest, input),
        StorageClass: requested.has("StorageClass")
          ? ((version.storageClass ?? "STANDARD") as never)
          : undefined,
        ObjectSize: requested.has("ObjectSize") ? version.size : undefined,
      };
    });
  },
} satisfies Handlers<"s3">;

/** Validates the part number marker. An invalid `MaxParts` is dropped before the handler runs. */
function checkMarker(value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= MAX_ARGUMENT)) return;
  const name = "part-number-marker";
  throw invalidArgument(`Argument ${name} must be an integer between 0 and ${MAX_ARGUMENT}`, name, value);
}

/**
 * Returns the members of a checksum without the number of parts, which only
 * headers show for a composite checksum.
 */
function plain(checksum: Checksum) {
  return checksumMembers({ ...checksum, value: checksum.value.replace(/-\d+$/, "") });
}

/**
 * Returns the parts of an object. S3 lists them only if the checksum is
 * composite; otherwise it only counts them.
 */
function partsOf(
  { checksum }: ObjectVersion,
  { parts }: Manifest,
  { MaxParts = MAX_PARTS, PartNumberMarker = 0 }: Paging,
) {
  if (checksum?.type !== "COMPOSITE") return { TotalPartsCount: parts.length };
  const limit = Math.min(MaxParts, MAX_PARTS);
  const rest = parts.filter((part) => part.number > PartNumberMarker);
  const shown = rest.slice(0, limit);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker,
    NextPartNumberMarker: shown.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > limit,
    Parts: shown.map((part) => ({
      PartNumber: part.number,
      Size: part.body.size,
      [`Checksum${checksum.algorithm}`]: part.checksum,
    })),
  };
}
