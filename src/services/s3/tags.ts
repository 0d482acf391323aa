import { AwsError } from "#aws/errors.ts";
import { isTagText } from "#aws/tag-text.ts";
import { malformedXml } from "./errors.ts";
import type { Tag } from "./store.ts";

export type Tagged = "object" | "bucket";

const RULES = {
  object: {
    most: 10,
    tooMany: "Object tags cannot be greater than 10",
    reserved: "Your TagKey cannot be prefixed with aws:",
  },
  bucket: {
    most: 50,
    tooMany: "Bucket tag count cannot be greater than 50",
    reserved: "System tags cannot be added/updated by requester",
  },
} as const;

const MAX_KEY_UNITS = 128;
const MAX_VALUE_UNITS = 256;

/**
 * Validates tags by S3's rules: first each tag, then their number, as S3 does.
 * Lengths are in UTF-16 code units.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 * @throws {AwsError} MalformedXML for a tag without a key or value, which
 * may be empty; InvalidTag, BadRequest
 */
export function checkTags(tags: readonly Partial<Tag>[], of: Tagged): void {
  const { most, tooMany, reserved } = RULES[of];
  const seen = new Set<string>();
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined) throw malformedXml();
    if (Key === "" || Key.length > MAX_KEY_UNITS || !isTagText(Key))
      throw invalidTag("The TagKey you have provided is invalid", { TagKey: Key });
    if (Value.length > MAX_VALUE_UNITS || !isTagText(Value))
      throw invalidTag("The TagValue you have provided is invalid", { TagKey: Key, TagValue: Value });
    if (seen.has(Key)) throw invalidTag("Cannot provide multiple Tags with the same key", { TagKey: Key });
    if (/^aws:/i.test(Key)) throw invalidTag(reserved);
    seen.add(Key);
  }
  if (tags.length > most) throw new AwsError("BadRequest", tooMany);
}

/** Returns the tags of a new bucket, if it has any. @throws {AwsError} as `checkTags` */
export function bucketTags(tags: Tag[] | undefined): Tag[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  checkTags(tags, "bucket");
  return tags;
}

const invalidTag = (message: string, members: Record<string, string> = {}) =>
  new AwsError("InvalidTag", message, { members });
