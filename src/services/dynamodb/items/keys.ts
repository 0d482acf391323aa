import { hash } from "node:crypto";
import type { KeyPart } from "#kernel/records/keys.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { emptyKey, invalid, invalidParameters, keyMismatch } from "../errors.ts";
import { type Projection, projectPaths } from "../expressions/projections.ts";
import type { Index, KeyNames, Table } from "../store.ts";
import { centesimalBytes, decimalBytes } from "../values/decimal.ts";
import { attributeOf, decimalIn, type Item, typeOf, type Value } from "../values/value.ts";

const MAX_PARTITION_KEY_BYTES = 2_048;
const MAX_SORT_KEY_BYTES = 1_024;

/** The key of an item's row in a table or an index: its number, the hash of the partition key, then the sort key. */
export function rowKey(number: number, key: KeyNames, item: Item): KeyPart[] {
  if (key.more) return [number, hashOf(key, item), ...sortNames(key).map((name) => sortPart(item[name]!))];
  const parts: KeyPart[] = [number, partitionHash(item[key.partition]!)];
  if (key.sort !== undefined) parts.push(sortPart(item[key.sort]!));
  return parts;
}

/** The hash of the partition key, which may consist of several attributes in an index. */
export function hashOf(key: KeyNames, item: Item): Uint8Array {
  const hashes = partitionNames(key).map((name) => partitionHash(item[name]!));
  return hashes.length === 1 ? hashes[0]! : hash("md5", Buffer.concat(hashes), "buffer");
}

/** The value of a key attribute as a string, to compare with other values of the same attribute. */
export const keyText = ({ S, N, B }: Value): string => S ?? N ?? Buffer.from(B!).toString("base64");

export function isSameKey(a: readonly KeyPart[], b: readonly KeyPart[]): boolean {
  return a.every((part, at) => {
    const other = b[at]!;
    return part instanceof Uint8Array ? Buffer.compare(part, other as Uint8Array) === 0 : part === other;
  });
}

/** AWS hashes this prefix and the partition key, as parallel scans with many segments show. */
const SALT = "Outliers";

/** The 128-bit hash of a partition key value. It has a fixed length, and a scan returns items in AWS's order. */
export function partitionHash(value: Value): Uint8Array {
  if (value.S !== undefined) return hashOfText(value.S);
  const bytes = value.B ?? centesimalBytes(decimalIn(value.N!));
  return hash("md5", Buffer.concat([Buffer.from(SALT), bytes]), "buffer");
}

/** A few partitions get most requests, and hashing is the most expensive part of building a row key. */
const HASH_CACHE_SIZE = 5_000;
const MAX_CACHED_LENGTH = 100;
const knownHash = memoizeByText(HASH_CACHE_SIZE, (text) => hash("md5", SALT + text, "buffer"));
const hashOfText = (text: string): Uint8Array =>
  text.length > MAX_CACHED_LENGTH ? hash("md5", SALT + text, "buffer") : knownHash(text);

/** A sort key value as a part of a row key, which sorts as the values do: strings by their UTF-8 bytes. */
export const sortPart = (value: Value): string | Uint8Array =>
  value.S ?? value.B ?? decimalBytes(decimalIn(value.N!));

/** The key attributes of an item. */
export function keyOf({ partition, sort }: KeyNames, item: Item): Item {
  return sort === undefined
    ? { [partition]: item[partition]! }
    : { [partition]: item[partition]!, [sort]: item[sort]! };
}

/**
 * Checks an item to put against the key schemas of its table and the table's indexes.
 * @throws {AwsError} ValidationException
 */
export function checkItemKeys(table: Table, item: Item): void {
  for (const name of namesOf(table.key)) {
    const value = attributeOf(item, name);
    if (!value) throw invalidParameters(`Missing the key ${name} in the item`);
    if (typeOf(value) !== table.types[name])
      throw invalidParameters(
        `Type mismatch for key ${name} expected: ${table.types[name]} actual: ${typeOf(value)}`,
      );
    checkKeyValue(name, value);
  }
  checkKeySizes(table.key, item);
  checkIndexKeys(table, item);
}

/** Checks that no index key attribute has a wrong type, is empty or too long; it may be missing. */
export function checkIndexKeys(table: Table, item: Item): void {
  for (const { name: index, key } of table.indexes) {
    for (const name of namesOf(key)) {
      const value = attributeOf(item, name);
      if (!value) continue;
      if (typeOf(value) !== table.types[name])
        throw invalidParameters(
          `Type mismatch for Index Key ${name} Expected: ${table.types[name]} Actual: ${typeOf(value)} IndexName: ${index}`,
        );
      const empty = emptiness(value);
      if (empty)
        throw emptyKey(
          `A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${empty} value. IndexName: ${index}, IndexKey: ${name}`,
        );
    }
    checkKeySizes(key, item);
  }
}

/** Whether an item has an entry in an index. Items that are older than the index may have invalid values for its key. */
export function isIndexed({ types }: Table, { key }: Index, item: Item): boolean {
  const fits = (maxBytes: number) => (name: string) => {
    const value = Object.hasOwn(item, name) ? item[name]! : undefined;
    return (
      value !== undefined && typeOf(value) === types[name] && !emptiness(value) && !isTooLong(value, maxBytes)
    );
  };
  return (
    partitionNames(key).every(fits(MAX_PARTITION_KEY_BYTES)) && sortNames(key).every(fits(MAX_SORT_KEY_BYTES))
  );
}

/** Checks index key attributes after an update; errors refer to the update expression. */
export function checkUpdatedIndexKeys(table: Table, item: Item): void {
  for (const { key } of table.indexes) {
    for (const name of namesOf(key)) {
      const value = attributeOf(item, name);
      if (!value) continue;
      if (typeOf(value) !== table.types[name])
        throw invalid(
          "The update expression attempted to update the secondary index key to unsupported type",
        );
      const empty = emptiness(value);
      if (empty)
        throw emptyKey(
          `The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty ${empty} value.`,
        );
    }
    if (
      areTooLong(partitionNames(key), item, MAX_PARTITION_KEY_BYTES) ||
      areTooLong(sortNames(key), item, MAX_SORT_KEY_BYTES)
    )
      throw invalid(
        "The update expression attempted to update the secondary index key beyond allowed size limits",
      );
  }
}

const emptiness = ({ S: text, B: bytes }: Value) =>
  text === "" ? "string" : bytes?.length === 0 ? "binary" : undefined;

/** Checks a sent key against the table's key schema. @throws {AwsError} ValidationException */
export function checkKey(table: Pick<Table, "key" | "types">, key: Item): void {
  const names = namesOf(table.key);
  if (Object.keys(key).length !== names.length) throw keyMismatch();
  for (const name of names) {
    const value = attributeOf(key, name);
    if (!value || typeOf(value) !== table.types[name]) throw keyMismatch();
    checkKeyValue(name, value);
  }
  checkKeySizes(table.key, key);
}

export function namesOf(key: KeyNames): string[] {
  if (key.more) return [...partitionNames(key), ...sortNames(key)];
  return key.sort === undefined ? [key.partition] : [key.partition, key.sort];
}
export const partitionNames = ({ partition, more }: KeyNames): string[] =>
  more ? [partition, ...more.partition] : [partition];
export const sortNames = ({ sort, more }: KeyNames): string[] => {
  if (sort === undefined) return [];
  return more ? [sort, ...more.sort] : [sort];
};

/** The names of the attributes that an index projects. */
export const projectedNames = (table: Table, { key, included }: Index): ReadonlySet<string> =>
  new Set([...namesOf(table.key), ...namesOf(key), ...included]);

const projections = new WeakMap<Index, Projection>();

export function projectedBy(table: Table, index: Index): Projection {
  let projection = projections.get(index);
  if (!projection) {
    projection = projectPaths([...projectedNames(table, index)].map((name) => [name]));
    projections.set(index, projection);
  }
  return projection;
}

/** @throws {AwsError} ValidationException for an empty value */
export function checkKeyValue(name: string, value: Value): void {
  const empty = emptiness(value);
  if (empty)
    throw emptyKey(
      `The AttributeValue for a key attribute cannot contain an empty ${empty} value. Key: ${name}`,
    );
}

/** @throws {AwsError} ValidationException */
export function checkKeySizes(key: KeyNames, item: Item): void {
  if (areTooLong(partitionNames(key), item, MAX_PARTITION_KEY_BYTES))
    throw invalidParameters(
      `Size of hashkey has exceeded the maximum size limit of${MAX_PARTITION_KEY_BYTES} bytes`,
    );
  if (areTooLong(sortNames(key), item, MAX_SORT_KEY_BYTES))
    throw invalidParameters(
      `Aggregated size of all range keys has exceeded the size limit of ${MAX_SORT_KEY_BYTES} bytes`,
    );
}

const areTooLong = (names: readonly string[], item: Item, maxBytes: number): boolean =>
  names.some((name) => isTooLong(attributeOf(item, name), maxBytes));

function isTooLong(value: Value | undefined, maxBytes: number): boolean {
  if (value?.S !== undefined) return value.S.length * 3 > maxBytes && Buffer.byteLength(value.S) > maxBytes;
  return (value?.B?.length ?? 0) > maxBytes;
}
