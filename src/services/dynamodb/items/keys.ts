import { hash } from "node:crypto";
import type { KeyPart } from "#kernel/keys.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { emptyKey, invalid, invalidParameters, keyMismatch } from "../errors.ts";
import { type Projection, projectPaths } from "../expressions/projections.ts";
import type { Index, KeyNames, Table } from "../store.ts";
import { centesimalBytes, decimalBytes } from "../values/decimal.ts";
import { attributeOf, decimalIn, type Item, typeOf, type Value } from "../values/value.ts";

const LONGEST_PARTITION = 2_048;
const LONGEST_SORT = 1_024;

/** Where a row stands: in a table or an index, by hash and in order. */
export function rowKey(number: number, key: KeyNames, item: Item): KeyPart[] {
  if (key.more) return [number, hashOf(key, item), ...sortNames(key).map((name) => sortPart(item[name]!))];
  const parts: KeyPart[] = [number, partitionHash(item[key.partition]!)];
  if (key.sort !== undefined) parts.push(sortPart(item[key.sort]!));
  return parts;
}

/** Of the attributes by which an item is found, of which an index may have several. */
export function hashOf(key: KeyNames, item: Item): Uint8Array {
  const hashes = partitionNames(key).map((name) => partitionHash(item[name]!));
  return hashes.length === 1 ? hashes[0]! : hash("md5", Buffer.concat(hashes), "buffer");
}

/** A value of a key as a text to compare with others of its attribute. */
export const nameOf = ({ S, N, B }: Value): string => S ?? N ?? Buffer.from(B!).toString("base64");

export function isSameKey(a: readonly KeyPart[], b: readonly KeyPart[]): boolean {
  return a.every((part, at) => {
    const other = b[at]!;
    return part instanceof Uint8Array ? Buffer.compare(part, other as Uint8Array) === 0 : part === other;
  });
}

/** What AWS has in front of a partition key, as scans in many segments show. */
const SALT = "Outliers";

/** 128 bits: keys of any length stand in as many bytes, and a scan meets them in AWS's own order. */
export function partitionHash(value: Value): Uint8Array {
  if (value.S !== undefined) return hashOfText(value.S);
  const bytes = value.B ?? centesimalBytes(decimalIn(value.N!));
  return hash("md5", Buffer.concat([Buffer.from(SALT), bytes]), "buffer");
}

/** Few partitions are asked for again and again, and a hash takes longer than all else of a key. */
const KEPT_HASHES = 5_000;
const LONGEST_KEPT = 100;
const knownHash = memoizeByText(KEPT_HASHES, (text) => hash("md5", SALT + text, "buffer"));
const hashOfText = (text: string): Uint8Array =>
  text.length > LONGEST_KEPT ? hash("md5", SALT + text, "buffer") : knownHash(text);

/** What stands in a key in the order of the values: a text stands there in UTF-8. */
export const sortPart = (value: Value): string | Uint8Array =>
  value.S ?? value.B ?? decimalBytes(decimalIn(value.N!));

/** The attributes of its key alone. */
export function keyOf({ partition, sort }: KeyNames, item: Item): Item {
  return sort === undefined
    ? { [partition]: item[partition]! }
    : { [partition]: item[partition]!, [sort]: item[sort]! };
}

/**
 * Holds an item that is put to its table's keys, and to those of the indexes.
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

/** Of indexes a key may be missing, but not be of another type, empty or too long. */
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

/** Whether an item stands in an index. What was there before the index may have anything in place of its key. */
export function isIndexed({ types }: Table, { key }: Index, item: Item): boolean {
  const fits = (most: number) => (name: string) => {
    const value = Object.hasOwn(item, name) ? item[name]! : undefined;
    return (
      value !== undefined && typeOf(value) === types[name] && !emptiness(value) && !isTooLong(value, most)
    );
  };
  return partitionNames(key).every(fits(LONGEST_PARTITION)) && sortNames(key).every(fits(LONGEST_SORT));
}

/** The same after an update, whose expression is to blame. */
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
      areTooLong(partitionNames(key), item, LONGEST_PARTITION) ||
      areTooLong(sortNames(key), item, LONGEST_SORT)
    )
      throw invalid(
        "The update expression attempted to update the secondary index key beyond allowed size limits",
      );
  }
}

const emptiness = ({ S: text, B: bytes }: Value) =>
  text === "" ? "string" : bytes?.length === 0 ? "binary" : undefined;

/** Holds a key that was sent to its table's. @throws {AwsError} ValidationException */
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

/** What an index shows of items. */
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

/** @throws {AwsError} ValidationException where it is empty */
export function checkKeyValue(name: string, value: Value): void {
  const empty = emptiness(value);
  if (empty)
    throw emptyKey(
      `The AttributeValue for a key attribute cannot contain an empty ${empty} value. Key: ${name}`,
    );
}

/** @throws {AwsError} ValidationException */
export function checkKeySizes(key: KeyNames, item: Item): void {
  if (areTooLong(partitionNames(key), item, LONGEST_PARTITION))
    throw invalidParameters(
      `Size of hashkey has exceeded the maximum size limit of${LONGEST_PARTITION} bytes`,
    );
  if (areTooLong(sortNames(key), item, LONGEST_SORT))
    throw invalidParameters(
      `Aggregated size of all range keys has exceeded the size limit of ${LONGEST_SORT} bytes`,
    );
}

const areTooLong = (names: readonly string[], item: Item, most: number): boolean =>
  names.some((name) => isTooLong(attributeOf(item, name), most));

function isTooLong(value: Value | undefined, most: number): boolean {
  if (value?.S !== undefined) return value.S.length * 3 > most && Buffer.byteLength(value.S) > most;
  return (value?.B?.length ?? 0) > most;
}
