import { AwsError } from "#aws/errors.ts";
import { invalidArgument } from "../errors.ts";

export const noSuchUpload = (uploadId: string) =>
  new AwsError(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { status: 404, members: { UploadId: uploadId } },
  );

export const partNumberOutOfRange = (number: number) =>
  invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", number);

export const invalidPart = (uploadId: string, number: number, etag: string) =>
  new AwsError(
    "InvalidPart",
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { members: { UploadId: uploadId, PartNumber: number, ETag: etag } },
  );

export const notOneChecksum = (value: string) =>
  invalidArgument("Invalid Base64 or multiple checksums present in request", "Checksum", value);

export const invalidPartOrder = (uploadId: string) =>
  new AwsError(
    "InvalidPartOrder",
    "The list of parts was not in ascending order. Parts must be ordered by part number.",
    { members: { UploadId: uploadId } },
  );

export const entityTooSmall = (size: number, min: number, number: number, etag: string) =>
  new AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
    members: { ProposedSize: size, MinSizeAllowed: min, PartNumber: number, ETag: etag },
  });

const COPY_RANGE = "x-amz-copy-source-range";

export const malformedCopyRange = (range: string) =>
  invalidArgument(
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    COPY_RANGE,
    range,
  );

export const copyRangeBeyond = (range: string, size: number) =>
  invalidArgument(`Range specified is not valid for source object of size: ${size}`, COPY_RANGE, range);
