import { formDecoded } from "#lib/percent.ts";
import { invalidTagging } from "../errors.ts";
import type { Tag } from "../store.ts";
import { checkTags } from "../tags.ts";

/**
 * Parses the tags of an `x-amz-tagging` header: `key=value&key2`, percent-encoded.
 * @throws {AwsError} InvalidArgument, InvalidTag, BadRequest
 */
export function headerTags(header: string | undefined): Tag[] | undefined {
  if (header === undefined) return undefined;
  const tags: Tag[] = [];
  const keys = new Set<string>();
  for (const pair of header.split("&")) {
    if (pair === "") continue;
    const [key, value = ""] = splitOnce(pair).map((text) => decode(text, header));
    if (pair.split("=").length > 2) throw invalidTagging(header);
    if (key === "" || keys.has(key!)) throw invalidTagging(header);
    keys.add(key!);
    tags.push({ Key: key!, Value: value });
  }
  checkTags(tags, "object");
  return tags.length === 0 ? undefined : tags;
}

function splitOnce(pair: string): string[] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decode(text: string, header: string): string {
  const decoded = formDecoded(text);
  if (decoded === undefined) throw invalidTagging(header);
  return decoded;
}
