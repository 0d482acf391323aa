import type * as Firehose from "#aws/contract/types/firehose.ts";
import { invalid, notThere } from "../errors.ts";
import type { Deaggregation } from "./deaggregate.ts";
import { type MetadataQuery, parseMetadataQuery } from "./query.ts";

/** What records go through before they are delivered. */
export interface Processing {
  deaggregation?: Deaggregation;
  query?: MetadataQuery;
  delimiter?: Buffer;
}

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function processingOf(configuration: Firehose.ProcessingConfiguration | undefined): Processing {
  const processing: Processing = {};
  if (!configuration?.Enabled) return processing;
  for (const { Type, Parameters = [] } of configuration.Processors ?? []) {
    const told = new Map(
      Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]),
    );
    switch (Type) {
      case "AppendDelimiterToRecord":
        processing.delimiter = Buffer.from(unescaped(told.get("Delimiter") ?? "\\n"));
        break;
      case "RecordDeAggregation":
        processing.deaggregation = deaggregationOf(told);
        break;
      case "MetadataExtraction":
        processing.query = queryOf(told);
        break;
      default:
        throw notThere(`the processor ${Type} of a delivery stream`);
    }
  }
  return processing;
}

type Told = ReadonlyMap<Firehose.ProcessorParameterName, string>;

function deaggregationOf(told: Told): Deaggregation {
  const kind = told.get("SubRecordType");
  if (kind === "JSON") return { json: true };
  if (kind !== "DELIMITED") throw invalid("SubRecordType must be JSON or DELIMITED");
  const delimiter = Buffer.from(told.get("Delimiter") ?? "", "base64");
  if (delimiter.length === 0)
    throw invalid("A base64 encoded Delimiter is required when SubRecordType is DELIMITED");
  return { delimiter };
}

function queryOf(told: Told): MetadataQuery {
  const query = told.get("MetadataExtractionQuery");
  if (query === undefined)
    throw invalid("MetadataExtractionQuery is required for the MetadataExtraction processor");
  if (told.get("JsonParsingEngine") !== "JQ-1.6") throw invalid("JsonParsingEngine must be JQ-1.6");
  return parseMetadataQuery(query);
}

/** A delimiter is written as in a literal: `\\n`. */
const unescaped = (text: string) =>
  text.replaceAll(/\\([nrt\\])/g, (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? letter);
