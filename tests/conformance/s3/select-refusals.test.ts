import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { type Asking, errors, lines, named, people, selectOf } from "./selecting.ts";

const cloud = conformanceCloud();
const { select } = selectOf(cloud);
const five = "aa\nbb\ncc\ndd\nee\n";

/** A query and its error. */
function refuses(
  what: string,
  body: string | Uint8Array,
  query: string,
  name: string,
  asking: Asking = {},
  message?: string,
) {
  behaviour(what, errors, async () => {
    await expect(select(body, query, asking)).rejects.toMatchObject({
      name,
      ...(message !== undefined && { message }),
      $metadata: { httpStatusCode: 400 },
    });
  });
}

refuses(
  "an unsupported clause is refused",
  "a",
  "SELECT * FROM S3Object GROUP BY a",
  "ParseUnexpectedToken",
  {},
  "Unexpected token found KEYWORD:UNKNOWN at line 1, column 24.",
);
refuses(
  "an invalid character in an expression is refused",
  "a",
  "SELECT ? FROM S3Object",
  "LexerInvalidChar",
  {},
  "Invalid character at line 1, column 8.",
);
refuses(
  "an expression that is too long is refused",
  "a",
  `SELECT '${"x".repeat(262_144)}' FROM S3Object`,
  "ExpressionTooLong",
);
refuses("a table other than S3Object is refused", "a", "SELECT * FROM table1", "InvalidDataSource");
refuses(
  "* beside other columns is refused",
  "a",
  "SELECT *, s._1 FROM S3Object s",
  "ParseAsteriskIsNotAloneInSelectList",
);
refuses(
  "a column that the file does not have is refused",
  people,
  "SELECT s.absent FROM S3Object s",
  "MissingHeaders",
  named,
  "Some headers in the query are missing from the file. Please check the file and try again.",
);
refuses(
  "a name that matches two columns is refused as ambiguous",
  "a,A\n1,2\n",
  "SELECT s.a FROM S3Object s",
  "AmbiguousFieldName",
  named,
);
refuses(
  "a cast of an unconvertible value fails",
  "x\n",
  "SELECT CAST(s._1 AS INT) FROM S3Object s",
  "CastFailed",
);
refuses("an unknown function is refused", "x\n", "SELECT SQRT(s._1) FROM S3Object s", "UnsupportedFunction");
refuses(
  "invalid JSON is refused",
  "a,b\n",
  "SELECT * FROM S3Object",
  "JSONParsingError",
  lines,
  "Error parsing JSON file. Please check the file and try again.",
);
refuses(
  "invalid UTF-8 is refused",
  Buffer.from([0x61, 0xff, 0x0a]),
  "SELECT * FROM S3Object",
  "InvalidTextEncoding",
  {},
  "UTF-8 encoding is required. The text encoding error was found near byte 1.",
);
refuses(
  "a record of more than 1 MB is refused",
  "x".repeat(1_048_577),
  "SELECT * FROM S3Object",
  "OverMaxRecordSize",
  {},
  "The character number in one record is more than our max threshold, maxCharsPerRecord: 1,048,576",
);
refuses(
  "an object that is not compressed with the requested format is refused",
  people,
  "SELECT * FROM S3Object",
  "InvalidCompressionFormat",
  { input: { CSV: {}, CompressionType: "GZIP" } },
);
refuses(
  "a truncated compressed object is refused",
  gzipSync(people.repeat(1_000)).subarray(0, 60),
  "SELECT * FROM S3Object WHERE 1 = 2",
  "TruncatedInput",
  { input: { CSV: {}, CompressionType: "GZIP" } },
);
refuses(
  "a request without an input format is refused",
  "a",
  "SELECT * FROM S3Object",
  "MissingRequiredParameter",
  { input: {} },
);
refuses(
  "JSON input without a type is refused",
  "{}",
  "SELECT * FROM S3Object",
  "MissingRequiredParameter",
  { input: { JSON: {} } },
  "Type is required. Please check the service documentation and try again.",
);
refuses(
  "an unknown JSON type is refused",
  "{}",
  "SELECT * FROM S3Object",
  "InvalidJsonType",
  { input: { JSON: { Type: "LINE" as "LINES" } } },
  "The LINE jsonType is invalid. Please check the service documentation and try again.",
);
refuses("an unknown FileHeaderInfo is refused", "a", "SELECT * FROM S3Object", "InvalidFileHeaderInfo", {
  input: { CSV: { FileHeaderInfo: "YES" as "USE" } },
});
refuses("an unknown QuoteFields is refused", "a", "SELECT * FROM S3Object", "InvalidQuoteFields", {
  output: { CSV: { QuoteFields: "NEVER" as "ALWAYS" } },
});
refuses("an unknown compression type is refused", "a", "SELECT * FROM S3Object", "InvalidCompressionFormat", {
  input: { CSV: {}, CompressionType: "ZIP" as "GZIP" },
});
refuses("an unknown expression type is refused", "a", "SELECT * FROM S3Object", "InvalidExpressionType", {
  more: { ExpressionType: "XPATH" as "SQL" },
});
refuses(
  "two input formats in one request are refused",
  "a",
  "SELECT * FROM S3Object",
  "ObjectSerializationConflict",
  {
    input: { CSV: {}, JSON: { Type: "LINES" } },
  },
);
refuses(
  "a scan range that ends before its start is refused",
  five,
  "SELECT * FROM S3Object",
  "InvalidScanRange",
  {
    more: { ScanRange: { Start: 6, End: 3 } },
  },
);
refuses(
  "a scan range of a compressed object is refused",
  gzipSync(five),
  "SELECT * FROM S3Object",
  "UnsupportedScanRangeInput",
  {
    input: { CSV: {}, CompressionType: "GZIP" },
    more: { ScanRange: { Start: 0, End: 3 } },
  },
);
