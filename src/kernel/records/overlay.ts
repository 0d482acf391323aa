import type { MaybePromise } from "#lib/maybe-promise.ts";
import { keyText } from "#storage/kv/key-text.ts";
import { type KeyRange, type KeyValueStore, MAX_PAGE_ROWS, type Row } from "#storage/kv/kv.ts";
import type { Hot } from "./hot.ts";
import type { Memories, Memory } from "./memory.ts";

/** A commit that is not durable yet. */
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
  /**
   * The commit that includes it; `undefined` before there is one, and once a later write of the key in the
   * same commit replaces it.
   */
  pending: Pending | undefined;
}

/**
 * Writes that are applied and not yet durable, by key as a Latin-1 string, whose order is that of the bytes.
 */
export type Overlay = Map<string, Write>;

/**
 * Reads of the store together with the applied writes that it does not have yet. `text` is the key's text,
 * where the caller has it.
 */
export interface View {
  get(key: Uint8Array, text?: string): MaybePromise<Uint8Array | undefined>;
  /** As `get`, but the decoded value is cached until the key is written. */
  getHot<T>(key: Uint8Array, decode: (value: Uint8Array) => T, text?: string): MaybePromise<T | undefined>;
  range(range: KeyRange): MaybePromise<Row[]>;
  /**
   * The owner's in-memory state. It reflects everything applied, so the view then counts as having seen all
   * commits.
   */
  memory<T>(kind: Memory<T>): T;
  /** The newest non-durable commit that any read depends on. */
  readonly seen: Pending | undefined;
}

/** A view with its own writes on top. */
export interface Draft extends View {
  put(key: Uint8Array, value: Uint8Array, text?: string): void;
  delete(key: Uint8Array, text?: string): void;
  /** As `get`, but without this draft's own writes. */
  before(key: Uint8Array): MaybePromise<Uint8Array | undefined>;
  /** Returns a number larger than every earlier one of the partition. */
  sequence(): number;
  readonly writes: ReadonlyMap<string, Write>;
  /** Total bytes of all puts, including those that later puts replaced. */
  readonly putBytes: number;
  /** Called as soon as the draft is applied, before any other transaction sees it. They must not throw. */
  readonly afterwards: (() => void)[];
}

export interface Layers {
  store: KeyValueStore;
  overlay: Overlay;
  /** Caches durable records only. Writing a key removes its record. */
  hot: Hot;
  memories: Memories;
  /** The last commit that was passed to the store. */
  newest: Pending | undefined;
}

export function openView(layers: Layers): View {
  return new Reader(layers, undefined);
}

export function openDraft(layers: Layers, sequence: () => number): Draft {
  return new Writer(layers, new Map(), sequence);
}

/** Classes rather than closures, since one is created for every transaction. */
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
    // By the time an asynchronous store responds, another owner may have written: the value is not cached.
    if (value instanceof Promise) return value.then((later) => later && decode(later));
    const record = value && decode(value);
    // A draft usually also writes what it reads, so caching it gains nothing.
    if (isAbove || this.#own || value === undefined || record === undefined) return record;
    // Typed arrays cannot be frozen.
    hot.set(text, record instanceof Uint8Array ? record : Object.freeze(record), value.length);
    return record;
  }

  range(range: KeyRange): MaybePromise<Row[]> {
    const limited = { ...range, limit: Math.min(range.limit, MAX_PAGE_ROWS) };
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

  /** Whether no write lies above the store. */
  get #isBare(): boolean {
    return this.layers.overlay.size === 0 && !this.#own?.size;
  }

  /** The writes above the store inside the range, in its direction. */
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

/** Merges the store's rows with the writes above them until the limit is reached or both are exhausted. */
async function merge(store: KeyValueStore, range: KeyRange, writes: [string, Write][]): Promise<Row[]> {
  const out: Row[] = [];
  const isBefore = range.reverse ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  let at = 0;

  /** Takes the writes whose keys come before `text`, or all that are left. */
  function takeBefore(text?: string): void {
    for (; at < writes.length && out.length < range.limit; at++) {
      const [key, write] = writes[at]!;
      if (text !== undefined && !isBefore(key, text)) return;
      pushRow(out, write);
    }
  }

  let rest = range;
  for (;;) {
    const page = await store.range(rest);
    for (const row of page) {
      const text = row.text ?? keyText(row.key);
      takeBefore(text);
      if (out.length === range.limit) return out;
      if (writes[at]?.[0] === text) pushRow(out, writes[at++]![1]);
      else out.push(row);
    }
    if (page.length < rest.limit || out.length === range.limit) break;
    const last = page.at(-1)!.key;
    rest = range.reverse ? { ...rest, end: last } : { ...rest, start: Buffer.concat([last, ZERO]) };
  }
  takeBefore();
  return out;
}

const ZERO = Buffer.alloc(1);

function pushRow(out: Row[], write: Write): void {
  if (write.value) out.push({ key: write.key, value: write.value });
}
