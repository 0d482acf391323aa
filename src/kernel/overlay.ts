import type { MaybePromise } from "#lib/maybe-promise.ts";
import { keyText } from "#storage/kv/key-text.ts";
import { type KeyRange, type KeyValueStore, MAX_PAGE, type Row } from "#storage/kv/kv.ts";
import type { Hot } from "./hot.ts";
import type { Memories, Memory } from "./memory.ts";

/** A commit that is not on disk yet. */
export interface Pending {
  readonly version: number;
  durable: Promise<void>;
}

export interface Write {
  key: Uint8Array;
  /** The key as a Latin-1 string. */
  text: string;
  /** `undefined` for a deletion. */
  value: Uint8Array | undefined;
  /** The commit that it is part of; `undefined` before there is one, and once a later write has taken its place there. */
  pending: Pending | undefined;
}

/** What is committed and not yet on disk, by key as a Latin-1 string, whose order is that of the bytes. */
export type Overlay = Map<string, Write>;

/** Reads that see the store and, above it, what is not there yet. The key's text is handed in where the caller has it. */
export interface View {
  get(key: Uint8Array, text?: string): MaybePromise<Uint8Array | undefined>;
  /** As `get`, but decoded once and kept until somebody writes it. */
  getHot<T>(key: Uint8Array, decode: (value: Uint8Array) => T, text?: string): MaybePromise<T | undefined>;
  range(range: KeyRange): MaybePromise<Row[]>;
  /** What the partition's owner keeps in memory. It reflects all that is applied, so the view has then seen all commits. */
  memory<T>(kind: Memory<T>): T;
  /** The newest commit that any read met which was not yet on disk. */
  readonly seen: Pending | undefined;
}

/** A view with writes of its own on top. */
export interface Draft extends View {
  put(key: Uint8Array, value: Uint8Array, text?: string): void;
  delete(key: Uint8Array, text?: string): void;
  /** As `get`, but without this draft's own writes. */
  before(key: Uint8Array): MaybePromise<Uint8Array | undefined>;
  /** A number larger than every earlier one of the partition. */
  sequence(): number;
  readonly writes: ReadonlyMap<string, Write>;
  /** Bytes of what was put, also of what was put over it. */
  readonly putBytes: number;
  /** What to do as soon as the draft is applied, before anybody else sees it. It must not throw. */
  readonly afterwards: (() => void)[];
}

export interface Layers {
  store: KeyValueStore;
  overlay: Overlay;
  /** Made of what is on disk. Whoever writes a key takes its record out. */
  hot: Hot;
  memories: Memories;
  /** The last commit that was handed to the store. */
  newest: Pending | undefined;
}

export function openView(layers: Layers): View {
  return new Reader(layers, undefined);
}

export function openDraft(layers: Layers, sequence: () => number): Draft {
  return new Writer(layers, new Map(), sequence);
}

/** Classes for their prototypes: one is made for every transaction. */
class Reader implements View {
  seen: Pending | undefined;
  protected readonly layers: Layers;
  readonly #own: ReadonlyMap<string, Write> | undefined;

  constructor(layers: Layers, own: ReadonlyMap<string, Write> | undefined) {
    this.layers = layers;
    this.#own = own;
  }

  get(key: Uint8Array, textOfKey?: string): MaybePromise<Uint8Array | undefined> {
    const { store, overlay } = this.layers;
    if (this.#isBare) return store.get(key);
    const text = textOfKey ?? keyText(key);
    const own = this.#own?.get(text);
    if (own) return own.value;
    const write = overlay.get(text);
    if (!write) return store.get(key);
    this.#note(write.pending);
    return write.value;
  }

  getHot<T>(
    key: Uint8Array,
    decode: (value: Uint8Array) => T,
    text = keyText(key),
  ): MaybePromise<T | undefined> {
    const { store, overlay, hot } = this.layers;
    const isAbove = this.#own?.has(text) || overlay.has(text);
    const cached = isAbove ? undefined : hot.get(text);
    if (cached !== undefined) return cached as T;
    const value = isAbove ? this.get(key, text) : store.get(key);
    // By the time that an asynchronous store answers, another owner may write to it: nothing of it is cached.
    if (value instanceof Promise) return value.then((later) => later && decode(later));
    const record = value && decode(value);
    // What a draft reads it most often writes as well: nothing is gained by caching it.
    if (isAbove || this.#own || value === undefined || record === undefined) return record;
    // Bytes cannot be frozen.
    hot.set(text, record instanceof Uint8Array ? record : Object.freeze(record), value.length);
    return record;
  }

  range(range: KeyRange): MaybePromise<Row[]> {
    const limited = { ...range, limit: Math.min(range.limit, MAX_PAGE) };
    const { store } = this.layers;
    if (this.#isBare) return store.range(limited);
    const writes = this.#above(limited);
    return writes.length === 0 ? store.range(limited) : merge(store, limited, writes);
  }

  memory<T>(kind: Memory<T>): T {
    const { newest, memories } = this.layers;
    this.#note(newest);
    return memories.of(kind);
  }

  /** Whether nothing lies above the store. */
  get #isBare(): boolean {
    return this.layers.overlay.size === 0 && !this.#own?.size;
  }

  /** Writes above the store inside the range, in its direction. */
  #above(range: KeyRange): [string, Write][] {
    const from = keyText(range.start);
    const to = keyText(range.end);
    const writes = new Map<string, Write>();
    for (const [text, write] of this.layers.overlay) {
      if (text < from || text >= to) continue;
      this.#note(write.pending);
      writes.set(text, write);
    }
    for (const [text, write] of this.#own ?? []) if (text >= from && text < to) writes.set(text, write);
    const order = range.reverse ? -1 : 1;
    return [...writes].sort(([a], [b]) => (a < b ? -order : order));
  }

  #note(pending: Pending | undefined): void {
    if (pending && (!this.seen || pending.version > this.seen.version)) this.seen = pending;
  }
}

class Writer extends Reader implements Draft {
  readonly writes: Map<string, Write>;
  readonly sequence: () => number;
  readonly afterwards: (() => void)[] = [];
  putBytes = 0;

  constructor(layers: Layers, writes: Map<string, Write>, sequence: () => number) {
    super(layers, writes);
    this.writes = writes;
    this.sequence = sequence;
  }

  before(key: Uint8Array): MaybePromise<Uint8Array | undefined> {
    return new Reader(this.layers, undefined).get(key);
  }

  put(key: Uint8Array, value: Uint8Array, text = keyText(key)): void {
    this.putBytes += key.length + value.length;
    this.writes.set(text, { key, text, value, pending: undefined });
  }

  delete(key: Uint8Array, text = keyText(key)): void {
    this.writes.set(text, { key, text, value: undefined, pending: undefined });
  }
}

/** Walks the store's pages and the writes above them side by side until the limit is reached or both have ended. */
async function merge(store: KeyValueStore, range: KeyRange, writes: [string, Write][]): Promise<Row[]> {
  const out: Row[] = [];
  const before = range.reverse ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  let at = 0;
  let rest = range;
  for (;;) {
    const page = await store.range(rest);
    for (const row of page) {
      const text = row.text ?? keyText(row.key);
      for (; at < writes.length && before(writes[at]![0], text) && out.length < range.limit; at++)
        pushRow(out, writes[at]![1]);
      if (out.length === range.limit) return out;
      if (writes[at]?.[0] === text) pushRow(out, writes[at++]![1]);
      else out.push(row);
      if (out.length === range.limit) return out;
    }
    if (page.length < rest.limit) break;
    const last = page.at(-1)!.key;
    rest = range.reverse ? { ...rest, end: last } : { ...rest, start: Buffer.concat([last, ZERO]) };
  }
  for (; at < writes.length && out.length < range.limit; at++) pushRow(out, writes[at]![1]);
  return out;
}

const ZERO = Buffer.alloc(1);

function pushRow(out: Row[], write: Write): void {
  if (write.value) out.push({ key: write.key, value: write.value });
}
