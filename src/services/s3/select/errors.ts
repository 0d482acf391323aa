import { AwsError } from "#aws/errors.ts";

const refused = (code: string, message: string) => new AwsError(code, message);
const check = "Please check the service documentation and try again.";
const checkFile = "Please check the file and try again.";

// Requests

export const missingParameter = (name: string) =>
  refused("MissingRequiredParameter", `${name} is required. ${check}`);
export const invalidValue = (code: string, name: string, value: string) =>
  refused(code, `The ${value} ${name} is invalid. ${check}`);
export const invalidParameter = (name: string) =>
  refused("InvalidRequestParameter", `The value of a parameter in ${name} element is invalid. ${check}`);
export const severalFormats = (element: string, formats: string) =>
  refused(
    "ObjectSerializationConflict",
    `${element} specifies more than one format (${formats}). ${element} can only specify one format.`,
  );
export const invalidScanRange = () => refused("InvalidScanRange", "The provided scan range is not valid.");
export const unsupportedScanRange = () =>
  refused(
    "UnsupportedScanRangeInput",
    "Scan range queries are not supported on this type of object. Scan range queries are supported on Parquet, uncompressed CSV, and uncompressed JSON LINES.",
  );

// Objects

export const MAX_RECORD_BYTES = 1_048_576;

export const recordTooLong = () =>
  refused(
    "OverMaxRecordSize",
    "The character number in one record is more than our max threshold, maxCharsPerRecord: 1,048,576",
  );
export const notUtf8 = (byte: number) =>
  refused(
    "InvalidTextEncoding",
    `UTF-8 encoding is required. The text encoding error was found near byte ${byte.toLocaleString("en-US")}.`,
  );
export const malformedJson = () => refused("JSONParsingError", `Error parsing JSON file. ${checkFile}`);
export const notCompressed = (format: string) =>
  refused(
    "InvalidCompressionFormat",
    `The file is not in the ${format} format that the request specifies. ${checkFile}`,
  );
export const truncated = () =>
  refused(
    "TruncatedInput",
    "Object decompression failed. Please check that the object is properly compressed using the format specified in the request.",
  );

// Parquet

export const malformedParquet = () =>
  refused("ParquetParsingError", `Error parsing Parquet file. ${checkFile}`);
export const unsupportedCodec = () =>
  refused("ParquetUnsupportedCompressionCodec", "The specified Parquet compression codec is not supported.");
export const unsupportedType = () =>
  refused("UnsupportedParquetType", "The specified Parquet type is not supported.");
export const tooLargeParquet = () =>
  refused("OverMaxParquetBlockSize", `Parquet file is above the max row group size. ${checkFile}`);
