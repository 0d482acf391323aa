import { notImplemented } from "#aws/errors.ts";
import { invalid } from "../errors.ts";
import { parseObject } from "./jq/parse.ts";
import {
  beginSteps,
  countSteps,
  type Filter,
  JqError,
  JqSyntaxError,
  type Json,
  parseJson,
} from "./jq/values.ts";

/** The filter of each partition key, by name: `{customer: .customer.id, "kind": .kind}`. */
export type MetadataQuery = ReadonlyMap<string, Filter>;

/** @throws {AwsError} InvalidArgumentException; NotImplemented for unsupported parts of jq */
export function parseMetadataQuery(text: string): MetadataQuery {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}"))
    throw invalid("MetaDataExtraction JQ Query must be an object that names the partition keys");
  try {
    return parseObject(trimmed);
  } catch (error) {
    if (error instanceof JqSyntaxError) throw notImplemented(`the query ${text} of a delivery stream`);
    throw error;
  }
}

/** The partition keys of a record, or AWS's error message if it has none. */
export function partitionKeysOf(query: MetadataQuery, data: Buffer): Map<string, string> | string {
  let document: Json;
  beginSteps();
  try {
    document = parseJson(data.toString());
  } catch (error) {
    if (error instanceof JqError) return "Non JSON record provided";
    throw error;
  }
  const keys = new Map<string, string>();
  for (const [name, filter] of query) {
    const key = keyOf(filter, document);
    if (key === undefined) return "partitionKeys values must not be null or empty";
    keys.set(name, key);
  }
  return keys;
}

/** The single value of a filter, if it can be a partition key. */
function keyOf(filter: Filter, document: Json): string | undefined {
  try {
    const [value = null, ...others] = filter(document);
    // A caught failure may have used up all steps.
    countSteps(0);
    // jq formats NaN as null.
    const isEmpty = value === null || value === "" || Number.isNaN(value);
    return isEmpty || typeof value === "object" || others.length > 0 ? undefined : String(value);
  } catch (error) {
    if (error instanceof JqError) return undefined;
    throw error;
  }
}
