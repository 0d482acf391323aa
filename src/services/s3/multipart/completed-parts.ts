import { AwsError } from "#aws/errors.ts";
import type { Input } from "#kernel/service.ts";
import { invalidArgument, invalidRequest, malformedXml } from "../errors.ts";
import { isAlgorithm, isChecksum } from "../objects/checksums.ts";
import { isExpress } from "../storage-classes/classes.ts";
import type { Part, Upload } from "../store.ts";
import { entityTooSmall, invalidPart, invalidPartOrder, notOneChecksum } from "./errors.ts";
import { MAX_PARTS } from "./upload.ts";

type Listed = NonNullable<
  NonNullable<Input<"s3", "CompleteMultipartUpload">["MultipartUpload"]>["Parts"]
>[number];

/** A part as listed in the request. */
export interface ListedPart {
  number: number;
  /** Without quotes. */
  etag: string;
  /** The checksums of the part in base64, by algorithm. */
  checksums: ReadonlyMap<string, string>;
}

/** The minimum size in bytes of every part but the last: 5 MiB. */
const MIN_PART_BYTES = 5 * 2 ** 20;

/**
 * Parses the list of parts, without comparing it with the uploaded parts.
 * @throws {AwsError} InvalidRequest, MalformedXML, InvalidArgument
 */
export function listedParts({ MultipartUpload }: Input<"s3", "CompleteMultipartUpload">): ListedPart[] {
  if (!MultipartUpload) throw invalidRequest("You must specify at least one part");
  const { Parts = [] } = MultipartUpload;
  if (Parts.length === 0 || Parts.length > MAX_PARTS) throw malformedXml();
  return Parts.map((part) => {
    const { PartNumber: number, ETag: etag } = part;
    if (number === undefined || etag === undefined) throw malformedXml();
    if (number < 1) throw invalidArgument("PartNumber must be >= 1", "PartNumber", number);
    return { number, etag: etag.replace(/^"(.*)"$/, "$1"), checksums: checksumsOf(part) };
  });
}

const CHECKSUM = "Checksum";

function checksumsOf(part: Listed): Map<string, string> {
  const checksums = new Map<string, string>();
  for (const [member, value] of Object.entries(part)) {
    if (member.startsWith(CHECKSUM) && typeof value === "string")
      checksums.set(member.slice(CHECKSUM.length), value);
  }
  return checksums;
}

/**
 * Returns the uploaded parts that the list selects. In directory buckets their numbers must be consecutive.
 * @throws {AwsError} InvalidPartOrder, InvalidPart, InvalidRequest, BadDigest, EntityTooSmall
 */
export function usedParts(upload: Upload, listed: readonly ListedPart[], sent: readonly Part[]): Part[] {
  for (const [i, { number }] of listed.entries()) {
    const isInOrder = isExpress(upload) ? number === i + 1 : i === 0 || number > listed[i - 1]!.number;
    if (!isInOrder) throw invalidPartOrder(upload.uploadId);
  }
  const byNumber = new Map(sent.map((part) => [part.number, part]));
  const used = listed.map((entry) => {
    const part = byNumber.get(entry.number);
    if (part?.etag !== entry.etag) throw invalidPart(upload.uploadId, entry.number, entry.etag);
    checkChecksums(upload, entry, part);
    return part;
  });
  // With a checksum, parts must be numbered from 1 without gaps.
  if (upload.checksumAlgorithm !== undefined && listed.some(({ number }, i) => number !== i + 1))
    throw invalidPartOrder(upload.uploadId);
  for (const { body, number, etag } of used.slice(0, -1)) {
    if (body.size < MIN_PART_BYTES) throw entityTooSmall(body.size, MIN_PART_BYTES, number, etag);
  }
  return used;
}

function checkChecksums(upload: Upload, { number, etag, checksums }: ListedPart, part: Part): void {
  checkForms(checksums);
  const { checksumAlgorithm: algorithm, checksumType, uploadId } = upload;
  const value = algorithm && checksums.get(algorithm);
  if (value !== undefined) {
    if (value !== part.checksum) throw invalidPart(uploadId, number, etag);
    return;
  }
  const [other] = checksums.keys();
  if (algorithm === undefined && other !== undefined) throw invalidPart(uploadId, number, etag);
  if (checksumType !== "COMPOSITE") return;
  if (other !== undefined) {
    throw new AwsError(
      "BadDigest",
      `The ${other.toLowerCase()} you specified for part ${number} did not match what we received.`,
    );
  }
  throw invalidRequest(
    `The upload was created using a ${algorithm!.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
  );
}

/**
 * Checks the format of a part's checksums.
 * @throws {AwsError} InvalidArgument if there are several, or one is malformed
 */
function checkForms(checksums: ListedPart["checksums"]): void {
  const entries = [...checksums];
  if (entries.length > 1) throw notOneChecksum(entries.map((pair) => `${pair.join(":")};`).join(""));
  for (const [algorithm, value] of entries)
    if (isAlgorithm(algorithm) && !isChecksum(algorithm, value)) throw notOneChecksum(value);
}
