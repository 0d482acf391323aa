import type * as Firehose from "#aws/contract/types/firehose.ts";
import { notImplemented } from "#aws/errors.ts";
import { invalid } from "../errors.ts";
import type { Deaggregation } from "./deaggregate.ts";
import { type MetadataQuery, parseMetadataQuery } from "./query.ts";

const MAX_PROCESSORS = 5;

/** The processing of records before delivery. */
export interface Processing {
  deaggregation?: Deaggregation;
  query?: MetadataQuery;
  delimiter?: Buffer;
}

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function processingOf(configuration: Firehose.ProcessingConfiguration | undefined): Processing {
  const processing: Processing = {};
  if (!configuration?.Enabled) return processing;
  const { Processors = [] } = configuration;
  checkProcessors(Processors);
  for (const { Type, Parameters = [] } of Processors) {
    const parameters = new Map(
      Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]),
    );
    switch (Type) {
      case "AppendDelimiterToRecord":
        processing.delimiter = Buffer.from(unescaped(parameters.get("Delimiter") ?? "\\n"));
        break;
      case "RecordDeAggregation":
        processing.deaggregation = deaggregationOf(parameters);
        break;
      case "MetadataExtraction":
        processing.query = queryOf(parameters);
        break;
      default:
        // AWS's own refusals come before NotImplemented.
        if (Type === "Lambda") checkLambda(parameters);
        if (Type === "CloudWatchLogProcessing") checkLogProcessing(parameters, Processors);
        throw notImplemented(`the processor ${Type} of a delivery stream`);
    }
  }
  return processing;
}

function checkProcessors(processors: readonly Firehose.Processor[]): void {
  if (processors.length === 0 || processors.length > MAX_PROCESSORS)
    throw invalid(
      `A maximum of ${MAX_PROCESSORS} and a minimum of 1 processor needs to be supplied when processing is enabled.`,
    );
  if (processors.filter(({ Type }) => Type === "Lambda").length > 1)
    throw invalid("Cannot have more than 1 Lambda processor.");
}

type Parameters = ReadonlyMap<Firehose.ProcessorParameterName, string>;

function checkLogProcessing(parameters: Parameters, processors: readonly Firehose.Processor[]): void {
  if (!processors.some(({ Type }) => Type === "Decompression"))
    throw invalid("CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor");
  if (!/^(true|false)$/i.test(parameters.get("DataMessageExtraction") ?? ""))
    throw invalid("Invalid parameter value for DataMessageExtraction. Allowed values are True and False.");
}

function checkLambda(parameters: Parameters): void {
  if (!parameters.has("LambdaArn")) throw invalid("LambdaArn is required when Lambda processor is used.");
  const size = parameters.get("BufferSizeInMBs");
  const interval = parameters.get("BufferIntervalInSeconds");
  if ((size === undefined) !== (interval === undefined))
    throw invalid(
      "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.",
    );
  if (!isWithin(interval, 0, 900))
    throw invalid("BufferIntervalInSeconds for lambda processor must be between 0 and 900.");
  if (!isWithin(size, 0.2, 3))
    throw invalid("BufferSizeInMBs for lambda processor must be between 0.2 and 3.");
  if (!isWithin(parameters.get("NumberOfRetries"), 0, 300))
    throw invalid("Number of retries for lambda must be between 0 and 300.");
}

const isWithin = (value: string | undefined, least: number, most: number) =>
  value === undefined || (Number(value) >= least && Number(value) <= most);

function deaggregationOf(parameters: Parameters): Deaggregation {
  const kind = parameters.get("SubRecordType");
  if (kind === "JSON") return { json: true };
  if (kind !== "DELIMITED") throw invalid("SubRecordType has to be one of JSON, DELIMITED");
  const delimiter = Buffer.from(parameters.get("Delimiter") ?? "", "base64");
  if (delimiter.length === 0) throw invalid("Delimiter should be present for DELIMITED");
  return { delimiter };
}

function queryOf(parameters: Parameters): MetadataQuery {
  if (parameters.get("JsonParsingEngine") !== "JQ-1.6")
    throw invalid("MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6");
  const query = parameters.get("MetadataExtractionQuery");
  if (query === undefined)
    throw invalid("MetadataExtractionQuery is required for the MetadataExtraction processor");
  return parseMetadataQuery(query);
}

/** Delimiters have escapes, as in string literals: `\\n`. */
const unescaped = (text: string) =>
  text.replaceAll(/\\([nrt\\])/g, (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? letter);
