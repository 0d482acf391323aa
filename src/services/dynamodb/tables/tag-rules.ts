import { isTagText } from "#aws/tag-text.ts";
import { invalid } from "../errors.ts";

const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** The most bytes of all keys and values of a resource. */
const MAX_BYTES = 10_240;
const RESERVED = /^aws:/i;

/** A tag as sent: its members may be missing. */
export interface SentTag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** @throws {AwsError} ValidationException */
export function checkTags(tags: readonly SentTag[]): void {
  checkTagKeys(tags.map(({ Key }) => Key));
  for (const { Value } of tags)
    if (Value === undefined || Value.length > MAX_VALUE_LENGTH || !isTagText(Value))
      throw invalid(`The Tag Value provided is invalid, Value: ${Value ?? null}`);
  const seen = new Set<string>();
  for (const { Key } of tags) {
    if (seen.has(Key!)) throw invalid(`Duplicate Tag Keys provided as input: Duplicate Tag Key found ${Key}`);
    seen.add(Key!);
  }
}

/** @throws {AwsError} ValidationException */
export function checkTagKeys(keys: readonly (string | undefined)[]): void {
  if (keys.length > MAX_TAGS) throw tooManyTags();
  for (const key of keys) {
    if (!key || key.length > MAX_KEY_LENGTH || !isTagText(key))
      throw invalid(`The Tag Key provided is invalid, Key: ${key ?? null}`);
    if (RESERVED.test(key)) throw invalid(`Tag Key cannot be prefixed with aws:, Key: ${key}`);
  }
}

/** Checks the complete set of a resource's tags. @throws {AwsError} ValidationException */
export function checkTagSet(tags: readonly { Key: string; Value: string }[]): void {
  if (tags.length > MAX_TAGS) throw tooManyTags();
  const bytes = tags.reduce(
    (sum, { Key, Value }) => sum + Buffer.byteLength(Key) + Buffer.byteLength(Value),
    0,
  );
  if (bytes > MAX_BYTES)
    throw invalid(`Tag set size ${bytes} bytes is above max size limit of ${MAX_BYTES} bytes`);
}

const tooManyTags = () => invalid("Number of Tags exceed the current limit for the provided ResourceArn");
