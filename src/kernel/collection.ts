import type { Row } from "#storage/kv/kv.ts";
import { encodeKey, type KeyPart } from "./keys.ts";

/**
 * Whose a record is. The kernel puts it into the key from the context, so a service cannot reach into another account
 * by mistake. `partition` is AWS's word for the whole cloud: bucket names are unique in it.
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

/** The tuple under which an index finds a record, or `undefined` where it leaves the record out. */
export type IndexKey<T> = (record: T) => readonly KeyPart[] | undefined;

export interface CollectionOptions<T> {
  scope: Scope;
  key: (record: T) => readonly KeyPart[];
  /** Index keys must be unique: let them end in the record's own key. */
  indexes?: Record<string, IndexKey<T>>;
  /** Records that are read again and again, a bucket say: kept decoded, and frozen. */
  hot?: boolean;
  /** Raised with every change of the record's form; 1 to 127. */
  version?: number;
  /** Makes a record of today from one of an older version. */
  upgrade?: (record: unknown, version: number) => T;
}

/** Records of one kind in key order. `name` is `<service>/<record>` and never changes: it stands in the keys. */
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

/** `u32` of the cloud's era, the collection, the scope: what every key begins with. */
export function scopePrefix(era: Uint8Array, name: string, scope: Scope, place: Place): Buffer {
  if (scope === "region") return encodeKey(era, [name, place.account, place.region]);
  if (scope === "account") return encodeKey(era, [name, place.account]);
  return encodeKey(era, [name]);
}

/** One byte of version, then JSON: readable with any tool, and quicker in V8 than any binary form in JavaScript. */
export function encodeRecord<T>(of: Collection<T>, record: T): Buffer {
  return Buffer.from(String.fromCharCode(of.version) + JSON.stringify(record));
}

export function decodeRecord<T>(of: Collection<T>, value: Uint8Array, start = 0, end = value.length): T {
  const record: unknown = JSON.parse(utf8Slice.call(value, start + 1, end));
  const version = value[start]!;
  return version === of.version ? (record as T) : of.upgrade(record, version);
}

/** Of a row that a range found. */
export function recordIn<T>(of: Collection<T>, row: Row): T {
  const { lent } = row;
  return lent ? decodeRecord(of, lent.bytes, lent.start, lent.end) : decodeRecord(of, row.value);
}

/** `toString("utf8")`, which a plain Uint8Array has not, without a Buffer made for it. */
const { utf8Slice } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
};

/** One collection for each scope, since the scope stands in the key. */
export function byScope<T>(make: (scope: Scope) => T): Record<Scope, T> {
  return { region: make("region"), account: make("account"), partition: make("partition") };
}
