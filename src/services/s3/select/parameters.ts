import type { CSVInput, CSVOutput } from "#aws/contract/types/s3.ts";
import type { Input } from "#kernel/service.ts";
import {
  invalidParameter,
  invalidScanRange,
  invalidValue,
  missingParameter,
  severalFormats,
  unsupportedScanRange,
} from "./errors.ts";

export type Request = Input<"s3", "SelectObjectContent">;

export interface CsvFormat {
  type: "csv";
  header: "USE" | "IGNORE" | "NONE";
  delimiter: string;
  record: string;
  quote: string;
  escaping: string;
  comment: string;
  /** Whether a quoted field may hold record delimiters. */
  quotesRecords: boolean;
}

export interface JsonFormat {
  type: "json";
  lines: boolean;
}

export interface ParquetFormat {
  type: "parquet";
}

export interface CsvOutput {
  type: "csv";
  quoting: "ALWAYS" | "ASNEEDED";
  delimiter: string;
  record: string;
  quote: string;
  escaping: string;
}

export interface JsonOutput {
  type: "json";
  record: string;
}

export interface Parameters {
  input: CsvFormat | JsonFormat | ParquetFormat;
  compression: "NONE" | "GZIP" | "BZIP2";
  output: CsvOutput | JsonOutput;
  /**
   * Restricts the query to records, or row groups, that begin at these bytes, both inclusive. `end` alone is
   * a number of bytes at the end of the object.
   */
  range: { start?: number; end?: number } | undefined;
}

/** Parses a request. @throws {AwsError} in S3's order: missing, invalid, then conflicting parameters */
export function parametersOf(request: Request): Parameters {
  if (!request.Expression) throw missingParameter("Expression");
  if (!request.ExpressionType) throw missingParameter("ExpressionType");
  if (request.ExpressionType !== "SQL") {
    throw invalidValue("InvalidExpressionType", "expressionType", request.ExpressionType);
  }
  const compression = oneOf(
    ["NONE", "GZIP", "BZIP2"] as const,
    request.InputSerialization?.CompressionType ?? "NONE",
    (value) => invalidValue("InvalidCompressionFormat", "compressionType", value),
  );
  const input = inputOf(request);
  // Parquet compresses each column separately.
  if (input.type === "parquet" && compression !== "NONE") {
    throw invalidValue("InvalidCompressionFormat", "compressionType", compression);
  }
  const output = outputOf(request);
  return { input, compression, output, range: rangeOf(request, input, compression) };
}

function inputOf({ InputSerialization: document }: Request): Parameters["input"] {
  if (!document) throw missingParameter("InputSerialization");
  const formats = [document.CSV, document.JSON, document.Parquet].filter((format) => format !== undefined);
  if (formats.length === 0) throw missingParameter("InputSerialization");
  if (formats.length > 1) throw severalFormats("InputSerialization", "CSV, JSON, or Parquet");
  if (document.Parquet) return { type: "parquet" };
  if (document.CSV) return csvInput(document.CSV);
  const type = document.JSON?.Type;
  if (!type) throw missingParameter("Type");
  const form = oneOf(["DOCUMENT", "LINES"] as const, type, (value) =>
    invalidValue("InvalidJsonType", "jsonType", value),
  );
  return { type: "json", lines: form === "LINES" };
}

function csvInput(csv: CSVInput): CsvFormat {
  return {
    type: "csv",
    header: oneOf(["USE", "IGNORE", "NONE"] as const, csv.FileHeaderInfo ?? "NONE", (value) =>
      invalidValue("InvalidFileHeaderInfo", "fileHeaderInfo", value),
    ),
    delimiter: separator("FieldDelimiter", csv.FieldDelimiter, ","),
    record: separator("RecordDelimiter", csv.RecordDelimiter, "\n"),
    quote: character("QuoteCharacter", csv.QuoteCharacter, '"'),
    escaping: character("QuoteEscapeCharacter", csv.QuoteEscapeCharacter, '"'),
    comment: character("Comments", csv.Comments, "#"),
    quotesRecords: csv.AllowQuotedRecordDelimiter ?? false,
  };
}

function outputOf({ OutputSerialization: document }: Request): CsvOutput | JsonOutput {
  if (!document?.CSV && !document?.JSON) throw missingParameter("OutputSerialization");
  if (document.CSV && document.JSON) throw severalFormats("OutputSerialization", "CSV or JSON");
  if (document.CSV) return csvOutput(document.CSV);
  return {
    type: "json",
    record: separator("RecordDelimiter", document.JSON?.RecordDelimiter, "\n", MAX_OUTPUT),
  };
}

function csvOutput(csv: CSVOutput): CsvOutput {
  return {
    type: "csv",
    quoting: oneOf(["ALWAYS", "ASNEEDED"] as const, csv.QuoteFields ?? "ASNEEDED", (value) =>
      invalidValue("InvalidQuoteFields", "quoteFields", value),
    ),
    delimiter: separator("FieldDelimiter", csv.FieldDelimiter, ",", MAX_OUTPUT),
    record: separator("RecordDelimiter", csv.RecordDelimiter, "\n", MAX_OUTPUT),
    quote: character("QuoteCharacter", csv.QuoteCharacter, '"'),
    escaping: character("QuoteEscapeCharacter", csv.QuoteEscapeCharacter, '"'),
  };
}

const MAX_INPUT = 2;
const MAX_OUTPUT = 1_024;

function separator(name: string, text: string | undefined, standard: string, max = MAX_INPUT): string {
  if (text === undefined) return standard;
  if (text === "") throw missingParameter(name);
  if (text.length > max) throw invalidParameter(name);
  return text;
}

/** Parses a single character, or an empty string where that disables the feature. */
function character(name: string, text: string | undefined, standard: string): string {
  if (text === undefined) return standard;
  if ([...text].length > 1) throw invalidParameter(name);
  return text;
}

function oneOf<T extends string>(
  choices: readonly T[],
  text: string,
  otherwise: (value: string) => Error,
): T {
  const upper = text.toUpperCase() as T;
  if (!choices.includes(upper)) throw otherwise(text);
  return upper;
}

function rangeOf(
  { ScanRange: range }: Request,
  input: Parameters["input"],
  compression: Parameters["compression"],
): Parameters["range"] {
  if (range?.Start === undefined && range?.End === undefined) return undefined;
  if (compression !== "NONE") throw unsupportedScanRange();
  if (input.type === "csv" && input.quotesRecords) throw unsupportedScanRange();
  if (input.type === "json" && !input.lines) throw unsupportedScanRange();
  const { Start: start, End: end } = range;
  if ((start ?? 0) < 0 || (end ?? 0) < 0) throw invalidScanRange();
  if (start !== undefined && end !== undefined && end < start) throw invalidScanRange();
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}
