import { invalid, notThere } from "../errors.ts";
import { parseObject } from "./jq/parse.ts";
import { type Filter, JqError, JqSyntaxError, type Json } from "./jq/values.ts";

/** Of a document that jq 1.6 reads. */
const MOST_LEVELS = 256;

/** Partition keys by name, and what makes each of a record: `{customer: .customer.id, "kind": .kind}`. */
export type MetadataQuery = ReadonlyMap<string, Filter>;

/** @throws {AwsError} InvalidArgumentException; NotImplemented for what of jq is not known here */
export function parseMetadataQuery(text: string): MetadataQuery {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}"))
    throw invalid("MetaDataExtraction JQ Query must be an object that names the partition keys");
  try {
    return parseObject(trimmed);
  } catch (error) {
    if (error instanceof JqSyntaxError) throw notThere(`the query ${text} of a delivery stream`);
    throw error;
  }
}

/** The keys as texts; or why a record has none, in AWS's words. */
export function partitionKeysOf(query: MetadataQuery, data: Buffer): Map<string, string> | string {
  let document: Json;
  try {
    document = JSON.parse(data.toString()) as Json;
  } catch {
    return NO_JSON;
  }
  if (!isWithin(document, MOST_LEVELS)) return NO_JSON;
  const keys = new Map<string, string>();
  for (const [name, filter] of query) {
    const value = madeOf(filter, document);
    if (value === null || typeof value === "object" || value === "")
      return "partitionKeys values must not be null or empty";
    keys.set(name, String(value));
  }
  return keys;
}

const NO_JSON = "Non JSON record provided";

const isWithin = (value: Json, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1)));

function madeOf(filter: Filter, document: Json): Json {
  try {
    return filter(document);
  } catch (error) {
    if (error instanceof JqError) return null;
    throw error;
  }
}
