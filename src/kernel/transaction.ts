import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { MAX_PAGE } from "#storage/kv/kv.ts";
import {
  type Collection,
  decodeRecord,
  encodeRecord,
  type Place,
  type Scope,
  scopePrefix,
} from "./collection.ts";
import type { Job, JobOptions } from "./jobs.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { encodeKey, encodeStringPrefix, type KeyPart, successor } from "./keys.ts";
import type { Draft, View } from "./overlay.ts";
import type { Metric, ServiceEvent } from "./ports.ts";

/** A consistent look at one partition. Await nothing in it but its own methods. */
export interface ReadTransaction {
  /** Cloud time, the same throughout the transaction. */
  now(): number;
  get<T>(of: Collection<T>, key: readonly KeyPart[]): Promise<T | undefined>;
  list<T>(of: Collection<T>, range: ListRange): Promise<T[]>;
  listBy<T>(of: Collection<T>, index: string, range: ListRange): Promise<T[]>;
  getBytes(of: Bytes, key: readonly KeyPart[]): Promise<Uint8Array | undefined>;
  /** Entries after the number `after`, oldest first. */
  follow<T>(
    of: Journal<T>,
    stream: readonly KeyPart[],
    after: number,
    limit: number,
  ): Promise<JournalEntry<T>[]>;
}

/** Everything in it takes effect together, or not at all. */
export interface Transaction extends ReadTransaction {
  put<T>(of: Collection<T>, record: T): void;
  delete<T>(of: Collection<T>, key: readonly KeyPart[]): void;
  putBytes(of: Bytes, key: readonly KeyPart[], value: Uint8Array): void;
  deleteBytes(of: Bytes, key: readonly KeyPart[]): void;
  append<T>(of: Journal<T>, stream: readonly KeyPart[], entry: T): number;
  /** A number larger than every earlier one of this partition. */
  sequence(): number;
  uuid(): string;
  readonly random: Random;
  /** Durable work that starts after the commit: the outbox. */
  enqueue<P>(job: Job<P>, payload: P, options?: JobOptions): void;
  metric(name: string, value: number, dimensions: Record<string, string>): void;
  event(event: ServiceEvent): void;
}

/** Raw values under a tuple, for bytes that no one looks into. */
export interface Bytes {
  readonly name: string;
  readonly scope: Scope;
}

/** All bounds speak of tuples below `in`. */
export interface ListRange {
  /** The leading elements that all wanted keys share. */
  in?: readonly KeyPart[];
  /** The next element is a string that begins so. */
  prefix?: string;
  /** Inclusive. */
  from?: readonly KeyPart[];
  /** Exclusive: also what continues this tuple is left out. */
  after?: readonly KeyPart[];
  /** Exclusive: also every string that begins so is left out. */
  past?: string;
  /** Exclusive upper bound. */
  before?: readonly KeyPart[];
  /** At most 1,000. */
  limit: number;
  reverse?: boolean;
}

export interface TransactionScope {
  era: Uint8Array;
  scope: Scope;
  place: Place;
  clock: Clock;
  random: Random;
}

/** What a transaction leaves besides rows. */
export interface Effects {
  jobs: { job: Job<never>; payload: unknown; options: JobOptions; id: number }[];
  metrics: Metric[];
  events: ServiceEvent[];
}

export function readTransaction(view: View, at: TransactionScope): ReadTransaction {
  const time = at.clock.now();
  const prefixOf = (of: { name: string; scope: Scope }) => {
    if (of.scope !== at.scope)
      throw new Error(`${of.name} is of scope ${of.scope}, the transaction of ${at.scope}`);
    return scopePrefix(at.era, of.name, of.scope, at.place);
  };
  return {
    now: () => time,
    async get(of, key) {
      const value = await view.get(encodeKey(prefixOf(of), key));
      return value && decodeRecord(of, value);
    },
    async list(of, range) {
      const rows = await view.range(keyRange(prefixOf(of), range));
      return rows.map((row) => decodeRecord(of, row.value));
    },
    async listBy(of, index, range) {
      const rows = await view.range(keyRange(prefixOf(indexOf(of, index)), range));
      const records = await Promise.all(rows.map((row) => view.get(row.value)));
      return records.filter((value) => value !== undefined).map((value) => decodeRecord(of, value));
    },
    async getBytes(of, key) {
      return view.get(encodeKey(prefixOf(of), key));
    },
    async follow(of, stream, after, limit) {
      const prefix = encodeKey(prefixOf(of), stream);
      const start = encodeKey(prefix, [after + 1]);
      const rows = await view.range({ start, end: successor(prefix), limit: Math.min(limit, MAX_PAGE) });
      return rows.map((row) => ({
        sequence: sequenceOf(row.key),
        entry: JSON.parse(Buffer.from(row.value).toString()),
      }));
    },
  };
}

export function transaction(
  draft: Draft,
  at: TransactionScope,
  effects: Effects,
): Transaction & { finish(): Promise<void> } {
  const reads = readTransaction(draft, at);
  const indexed = new Map<string, Touched>();
  let ended = false;
  /** A write that nobody awaited would be lost without a word. */
  const mustBeOpen = () => {
    if (ended) throw new Error("the transaction has ended: something in it was not awaited");
  };
  const keyOf = (of: { name: string; scope: Scope }, key: readonly KeyPart[]) => {
    mustBeOpen();
    if (of.scope !== at.scope)
      throw new Error(`${of.name} is of scope ${of.scope}, the transaction of ${at.scope}`);
    return encodeKey(scopePrefix(at.era, of.name, of.scope, at.place), key);
  };
  const touch = <T>(of: Collection<T>, key: Uint8Array, record: T | undefined) => {
    if (Object.keys(of.indexes).length === 0) return;
    const text = Buffer.from(key).toString("latin1");
    indexed.set(text, {
      of: of as Collection<unknown>,
      key,
      record,
      written: indexed.get(text)?.written ?? [],
    });
  };

  /** Brings the index rows of every touched record from what was stored to what it is now. */
  async function settleIndexes() {
    for (const { of, key, written } of indexed.values()) {
      const stored = await draft.before(key);
      const old = stored && decodeRecord(of, stored);
      for (const row of [...written, ...indexRows(of, old)]) draft.delete(row);
    }
    // After all deletions: one record may take the place that another leaves.
    for (const touched of indexed.values()) {
      touched.written = indexRows(touched.of, touched.record);
      for (const row of touched.written) draft.put(row, touched.key);
    }
  }
  const indexRows = (of: Collection<unknown>, record: unknown) =>
    record === undefined
      ? []
      : Object.entries(of.indexes).flatMap(([index, keyBy]) => {
          const key = keyBy(record);
          return key ? [keyOf(indexOf(of, index), key)] : [];
        });

  return {
    ...reads,
    random: at.random,
    sequence: () => draft.sequence(),
    uuid: () => at.random.uuid(),
    async listBy(of, index, range) {
      await settleIndexes();
      return reads.listBy(of, index, range);
    },
    put(of, record) {
      const key = keyOf(of, of.key(record));
      draft.put(key, encodeRecord(of, record));
      touch(of, key, record);
    },
    delete(of, parts) {
      const key = keyOf(of, parts);
      draft.delete(key);
      touch(of, key, undefined);
    },
    putBytes: (of, key, value) => draft.put(keyOf(of, key), value),
    deleteBytes: (of, key) => draft.delete(keyOf(of, key)),
    append(of, stream, entry) {
      const sequence = draft.sequence();
      draft.put(keyOf(of, [...stream, sequence]), Buffer.from(JSON.stringify(entry)));
      return sequence;
    },
    enqueue(job, payload, options = {}) {
      mustBeOpen();
      effects.jobs.push({ job: job as unknown as Job<never>, payload, options, id: draft.sequence() });
    },
    metric: (name, value, dimensions) =>
      void effects.metrics.push({ name, value, dimensions, time: reads.now() }),
    event: (event) => void effects.events.push(event),
    async finish() {
      await settleIndexes();
      ended = true;
    },
  };
}

interface Touched {
  of: Collection<unknown>;
  key: Uint8Array;
  record: unknown;
  written: Uint8Array[];
}

const indexOf = (of: { name: string; scope: Scope }, index: string) => ({
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
  return {
    start: starts.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b)),
    end: ends.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b)),
    limit: Math.min(range.limit, MAX_PAGE),
    reverse: range.reverse ?? false,
  };
}
