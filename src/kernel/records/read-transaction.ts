import type { MaybePromise } from "#lib/maybe-promise.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { MAX_PAGE_ROWS, type Row } from "#storage/kv/kv.ts";
import {
  type Collection,
  decodeRecord,
  encodeRecord,
  recordIn,
  type Scope,
  scopePrefix,
} from "./collection.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { encodeKey, encodeStringPrefix, type KeyPart, RowKey, successor } from "./keys.ts";
import type { Memory } from "./memory.ts";
import type { View } from "./overlay.ts";
import type { Bytes, BytesRow, ListRange, ReadTransaction, TransactionScope } from "./transaction.ts";

/** Typed reads over a view. A class rather than closures, since one is created for every transaction. */
export class Reads implements ReadTransaction {
  protected readonly at: TransactionScope;
  readonly #view: View;
  readonly #time: number;
  #last: CachedKey | undefined;
  #lastButOne: CachedKey | undefined;

  constructor(view: View, at: TransactionScope) {
    this.#view = view;
    this.at = at;
    this.#time = at.clock.now();
  }

  now(): number {
    return this.#time;
  }

  /** The encoded key, from the cache of the last two: a record is often written soon after it was read. */
  protected keyOf(of: Keyed, parts: readonly KeyPart[]): RowKey {
    const last = this.#last;
    if (last && isOf(last, of, parts)) return last.key;
    const before = this.#lastButOne;
    if (before && isOf(before, of, parts)) return before.key;
    const key = keyOf(this.at, of, parts);
    this.#lastButOne = last;
    this.#last = { of, parts, key };
    return key;
  }

  get<T>(of: Collection<T>, key: readonly KeyPart[]): MaybePromise<T | undefined> {
    const { bytes, text } = this.keyOf(of, key);
    if (of.isHot) return this.#view.getHot(bytes, (value) => decodeRecord(of, value), text);
    const value = this.#view.get(bytes, text);
    if (value instanceof Promise) return value.then((later) => later && decodeRecord(of, later));
    return value && decodeRecord(of, value);
  }

  async list<T>(of: Collection<T>, range: ListRange): Promise<T[]> {
    const rows = await this.#view.range(keyRange(prefixOf(this.at, of), range));
    return rows.map((row) => recordIn(of, row));
  }

  async listBy<T>(of: Collection<T>, index: string, range: ListRange): Promise<T[]> {
    const rows = await this.#view.range(keyRange(prefixOf(this.at, indexOf(of, index)), range));
    const records = await Promise.all(rows.map((row) => this.#view.get(row.value)));
    return records.filter((value) => value !== undefined).map((value) => decodeRecord(of, value));
  }

  memory<T>(kind: Memory<T>): T {
    return this.#view.memory(kind);
  }

  getBytes(of: Bytes, key: readonly KeyPart[]): MaybePromise<Uint8Array | undefined> {
    const { bytes, text } = this.keyOf(of, key);
    return this.#view.get(bytes, text);
  }

  getSealed(
    of: Bytes,
    parts: readonly KeyPart[],
    secret?: Uint8Array,
    original = parts,
  ): MaybePromise<Uint8Array | undefined> {
    const { bytes: key, text } = this.keyOf(of, parts);
    const place = original === parts ? key : this.keyOf(of, original).bytes;
    const unseal = (sealed: Uint8Array) => this.at.keys.unseal(sealed, place, secret);
    // Data sealed with a caller's secret is never cached: each reader must provide the secret.
    if (!secret) return this.#view.getHot(key, unseal, text);
    const sealed = this.#view.get(key, text);
    if (sealed instanceof Promise) return sealed.then((later) => later && unseal(later));
    return sealed && unseal(sealed);
  }

  unsealed(bytes: Uint8Array, place: string): Uint8Array {
    return this.at.keys.unseal(bytes, Buffer.from(place));
  }

  async listBytes(of: Bytes, range: ListRange): Promise<BytesRow[]> {
    return this.#view.range(keyRange(prefixOf(this.at, of), range));
  }

  async follow<T>(of: Journal<T>, stream: readonly KeyPart[], after: number, limit: number) {
    const prefix = encodeKey(prefixOf(this.at, of), stream);
    const start = encodeKey(prefix, [after + 1]);
    const rows = await this.#view.range({
      start,
      end: successor(prefix),
      limit: Math.min(limit, MAX_PAGE_ROWS),
    });
    return rows.map(
      (row): JournalEntry<T> => ({
        sequence: sequenceOf(row.key),
        entry: JSON.parse(Buffer.from(row.value).toString()),
      }),
    );
  }
}

/** Anything with keys: a collection, one of its indexes, raw bytes. */
export interface Keyed {
  name: string;
  scope: Scope;
  isHot?: boolean;
}

interface CachedKey {
  of: Keyed;
  parts: readonly KeyPart[];
  key: RowKey;
}

function isOf(cached: CachedKey, of: Keyed, parts: readonly KeyPart[]): boolean {
  if (cached.of !== of) return false;
  if (cached.parts === parts) return true;
  return cached.parts.length === parts.length && cached.parts.every((part, i) => part === parts[i]);
}

/** Encoded keys that are cached per collection with `hot` records. */
const MAX_HOT_KEYS = 1_000;

function keyOf(at: TransactionScope, of: Keyed, parts: readonly KeyPart[]): RowKey {
  const [first] = parts;
  if (!of.isHot || parts.length !== 1 || typeof first !== "string")
    return new RowKey(encodeKey(prefixOf(at, of), parts));
  let cached = at.hotKeys.get(of.name);
  if (!cached) {
    cached = memoizeByText(MAX_HOT_KEYS, (name) => new RowKey(encodeKey(prefixOf(at, of), [name])));
    at.hotKeys.set(of.name, cached);
  }
  return cached(first);
}

/** The prefix of a collection's keys in this scope. */
export function prefixOf(at: TransactionScope, of: Keyed): Buffer {
  if (of.scope !== at.scope)
    throw new Error(`${of.name} is of scope ${of.scope}, the transaction of ${at.scope}`);
  let prefix = at.prefixes.get(of.name);
  if (!prefix) at.prefixes.set(of.name, (prefix = scopePrefix(at.era, of.name, of.scope, at.place)));
  return prefix;
}

/** Encodes a record as a row of the store. */
export const rowOf = <T>(at: TransactionScope, of: Collection<T>, record: T): Row => ({
  key: encodeKey(prefixOf(at, of), of.key(record)),
  value: encodeRecord(of, record),
});

export const indexOf = (of: { name: string; scope: Scope }, index: string) => ({
  name: `${of.name}.${index}`,
  scope: of.scope,
});

const sequenceOf = (key: Uint8Array) => {
  const at = Buffer.from(key.buffer, key.byteOffset + key.length - 8, 8);
  return at.readUInt32BE(0) * 2 ** 32 + at.readUInt32BE(4);
};

function keyRange(collectionPrefix: Uint8Array, range: ListRange) {
  const base = encodeKey(collectionPrefix, range.in ?? []);
  const prefix = range.prefix === undefined ? base : encodeStringPrefix(base, range.prefix);
  const starts = [prefix];
  if (range.from) starts.push(encodeKey(base, range.from));
  if (range.after) starts.push(successor(encodeKey(base, range.after)));
  if (range.past !== undefined) starts.push(successor(encodeStringPrefix(base, range.past)));
  const ends = [successor(prefix)];
  if (range.before) ends.push(encodeKey(base, range.before));
  if (range.behind && range.reverse) ends.push(Buffer.from(range.behind.key));
  else if (range.behind) starts.push(successor(range.behind.key));
  if (range.through) ends.push(successor(encodeKey(base, range.through)));
  return {
    start: starts.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b)),
    end: ends.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b)),
    limit: Math.min(range.limit, MAX_PAGE_ROWS),
    reverse: range.reverse ?? false,
  };
}
