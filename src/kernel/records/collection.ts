import type { Row } from "#storage/kv/kv.ts";
import { encodeKey, type KeyPart } from "./keys.ts";

/**
 * The part of the cloud that a record belongs to. The kernel puts it into the key from the context, so a
 * service cannot reach another account's records by mistake. `partition` is AWS's word for the whole cloud,
 * as for bucket names, which are unique in it.
 */
export type Scope = "region" | "account" | "partition";

export interface Place {
  account: string;
  region: string;
}

export interface Collection<T> {
  readonly name: string;
  readonly scope: Scope;
  readonly version: number;
  readonly key: (record: T) => readonly KeyPart[];
  readonly indexes: Readonly<Record<string, IndexKey<T>>>;
  readonly isIndexed: boolean;
  readonly isHot: boolean;
  readonly upgrade: (record: unknown, version: number) => T;
}

/** Returns the tuple under which an index finds a record, or `undefined` to leave the record out. */
export type IndexKey<T> = (record: T) => readonly KeyPart[] | undefined;

export interface CollectionOptions<T> {
  scope: Scope;
  key: (record: T) => readonly KeyPart[];
  /** Index keys must be unique, so they should end in the record's own key. */
  indexes?: Record<string, IndexKey<T>>;
  /** Whether records are cached decoded, and frozen: for records that are read often, such as buckets. */
  hot?: boolean;
  /** From 1 to 127; incremented with each change of the record's format. */
  version?: number;
  /** Converts a record of an older version to the current format. */
  upgrade?: (record: unknown, version: number) => T;
}

/**
 * Records of one kind in key order. `name` is `<service>/<record>` and must never change, since it is part of
 * the keys.
 */
export function collection<T>(name: string, options: CollectionOptions<T>): Collection<T> {
  const version = options.version ?? 1;
  if (version < 1 || version > 127) throw new RangeError(`${name}: a version is one byte, 1 to 127`);
  return {
    name,
    scope: options.scope,
    version,
    key: options.key,
    indexes: options.indexes ?? {},
    isIndexed: options.indexes !== undefined,
    isHot: options.hot ?? false,
    upgrade:
      options.upgrade ??
      ((_, stored) => {
        throw new Error(
          `${name} holds a record of version ${stored}, and this Nube reads version ${version}`,
        );
      }),
  };
}

/**
 * The prefix of all keys of a collection in one scope: the era's number (u32), the collection's name, account
 * and Region.
 */
export function scopePrefix(era: Uint8Array, name: string, scope: Scope, place: Place): Buffer {
  if (scope === "region") return encodeKey(era, [name, place.account, place.region]);
  if (scope === "account") return encodeKey(era, [name, place.account]);
  return encodeKey(era, [name]);
}

/**
 * A version byte, then JSON: readable with any tool, and faster in V8 than any binary format written in
 * JavaScript.
 */
export function encodeRecord<T>(of: Collection<T>, record: T): Buffer {
  return Buffer.from(String.fromCharCode(of.version) + JSON.stringify(record));
}

export function decodeRecord<T>(of: Collection<T>, value: Uint8Array, start = 0, end = value.length): T {
  const record: unknown = JSON.parse(utf8Slice.call(value, start + 1, end));
  const version = value[start]!;
  return version === of.version ? (record as T) : of.upgrade(record, version);
}

/** Decodes a row that a range read has found. */
export function recordIn<T>(of: Collection<T>, row: Row): T {
  const { lent } = row;
  return lent ? decodeRecord(of, lent.bytes, lent.start, lent.end) : decodeRecord(of, row.value);
}

/** `toString("utf8")` for a plain Uint8Array, without the allocation of a Buffer. */
const { utf8Slice } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
};

/** Makes one collection per scope, for records that exist in all of them. */
export function byScope<T>(make: (scope: Scope) => T): Record<Scope, T> {
  return { region: make("region"), account: make("account"), partition: make("partition") };
}
