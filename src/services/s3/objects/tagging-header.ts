import { AwsError } from "#aws/errors.ts";
import { invalidTagging } from "../errors.ts";
import type { Tag } from "../store.ts";

const MOST_TAGS = 10;
/** What S3 lets stand in tags: letters and digits of any script, spaces, and `_.:/=+-@`. */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * The tags of an `x-amz-tagging` header: `key=value&key2`, percent-encoded.
 * @throws {AwsError} InvalidArgument, InvalidTag, BadRequest
 */
export function headerTags(header: string | undefined): Tag[] | undefined {
  if (header === undefined) return undefined;
  const tags: Tag[] = [];
  for (const pair of header.split("&")) {
    if (pair === "") continue;
    const [key, value = ""] = splitOnce(pair).map((text) => decode(text, header));
    if (key === "" || tags.some((tag) => tag.Key === key)) throw invalidTagging(header);
    tags.push({ Key: key!, Value: value });
  }
  checkTags(tags);
  return tags.length === 0 ? undefined : tags;
}

function checkTags(tags: readonly Tag[]): void {
  if (tags.length > MOST_TAGS)
    throw new AwsError("BadRequest", `Object tags cannot be greater than ${MOST_TAGS}`);
  for (const { Key, Value } of tags) {
    if (Key.length > 128 || !ALLOWED.test(Key))
      throw new AwsError("InvalidTag", "The TagKey you have provided is invalid", {
        members: { TagKey: Key },
      });
    if (Value.length > 256 || !ALLOWED.test(Value)) {
      throw new AwsError("InvalidTag", "The TagValue you have provided is invalid", {
        members: { TagKey: Key, TagValue: Value },
      });
    }
  }
}

function splitOnce(pair: string): string[] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidTagging(header);
  }
}
