import { atJsonPath, type JsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import { invalid, notThere } from "../errors.ts";

/** Partition keys by name, and the way to each in a record: `{customer: .customer.id, "kind": .kind}`. */
export type MetadataQuery = ReadonlyMap<string, JsonPath>;

const ENTRY = /\s*(?:"([^"\\]+)"|([A-Za-z_]\w*))\s*:\s*((?:\.|\[)(?:"[^"]*"|[^,}"])*?)\s*(?=[,}])/y;
/** `.customer.id`, `.items[0]`, `.["a name"]` */
const PATH = /^(?:\.[A-Za-z_]\w*|\.?\["[^"\\]*"\]|\[\d+\])+$/;

/**
 * Reads an object of JQ whose values are plain paths.
 * @throws {AwsError} InvalidArgumentException; NotImplemented for all else that JQ can say
 */
export function parseMetadataQuery(text: string): MetadataQuery {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}"))
    throw invalid("MetaDataExtraction JQ Query must be an object that names the partition keys");
  const keys = new Map<string, JsonPath>();
  for (let at = 1; at < trimmed.length; at = ENTRY.lastIndex + 1) {
    ENTRY.lastIndex = at;
    const [, quoted, name, path = ""] = ENTRY.exec(trimmed) ?? [];
    const key = quoted ?? name;
    const parsed = PATH.test(path) ? parseJsonPath(`$${path.replace(/^\.\[/, "[")}`) : undefined;
    if (key === undefined || !parsed) throw notThere(`the query ${text} of a delivery stream`);
    keys.set(key, parsed);
  }
  return keys;
}

/** What the paths lead to, as texts; or why a record has no keys, in AWS's words. */
export function partitionKeysOf(query: MetadataQuery, data: Buffer): Map<string, string> | string {
  let document: unknown;
  try {
    document = JSON.parse(data.toString());
  } catch {
    return "Non JSON record provided";
  }
  const keys = new Map<string, string>();
  for (const [name, path] of query) {
    const value = atJsonPath(document, path);
    if (value === undefined || value === null || typeof value === "object" || value === "")
      return "partitionKeys values must not be null or empty";
    keys.set(name, String(value));
  }
  return keys;
}
