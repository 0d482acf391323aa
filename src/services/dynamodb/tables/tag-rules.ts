import { isTagText } from "#aws/tag-text.ts";
import { invalid } from "../errors.ts";

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
/** Of all keys and values of a resource together. */
const MOST_BYTES = 10_240;
const RESERVED = /^aws:/i;

/** As a tag comes: its members may be missing. */
export interface SentTag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** @throws {AwsError} ValidationException */
export function checkTags(tags: readonly SentTag[]): void {
  checkTagKeys(tags.map(({ Key }) => Key));
  for (const { Value } of tags)
    if (Value === undefined || Value.length > LONGEST_VALUE || !isTagText(Value))
      throw invalid(`The Tag Value provided is invalid, Value: ${Value ?? null}`);
  const seen = new Set<string>();
  for (const { Key } of tags) {
    if (seen.has(Key!)) throw invalid(`Duplicate Tag Keys provided as input: Duplicate Tag Key found ${Key}`);
    seen.add(Key!);
  }
}

/** @throws {AwsError} ValidationException */
export function checkTagKeys(keys: readonly (string | undefined)[]): void {
  if (keys.length > MOST_TAGS) throw tooManyTags();
  for (const key of keys) {
    if (!key || key.length > LONGEST_KEY || !isTagText(key))
      throw invalid(`The Tag Key provided is invalid, Key: ${key ?? null}`);
    if (RESERVED.test(key)) throw invalid(`Tag Key cannot be prefixed with aws:, Key: ${key}`);
  }
}

/** What a resource would have then. @throws {AwsError} ValidationException */
export function checkTagSet(tags: readonly { Key: string; Value: string }[]): void {
  if (tags.length > MOST_TAGS) throw tooManyTags();
  const bytes = tags.reduce(
    (sum, { Key, Value }) => sum + Buffer.byteLength(Key) + Buffer.byteLength(Value),
    0,
  );
  if (bytes > MOST_BYTES)
    throw invalid(`Tag set size ${bytes} bytes is above max size limit of ${MOST_BYTES} bytes`);
}

const tooManyTags = () => invalid("Number of Tags exceed the current limit for the provided ResourceArn");
