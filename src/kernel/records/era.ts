import { randomBytes } from "node:crypto";
import type { WeakCache } from "#lib/weak-cache.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import type { KeyValueStore, Lease } from "#storage/kv/kv.ts";
import { fingerprintOf, type MasterKey, MasterKeyLostError } from "../secrets/data-keys.ts";
import type { Notary } from "../secrets/notary.ts";
import { SEAL_KEY_BYTES, type Sealer, sealer } from "../secrets/seal.ts";
import type { Trail } from "../trail/trail.ts";
import { collection } from "./collection.ts";
import type { Home } from "./home.ts";
import { encodeKey } from "./keys.ts";

/**
 * Everything that a reset replaces. Every key begins with the era's number and every era has its own folder
 * of blobs, so a late write of an old era cannot reach the new one; the old era's data is deleted in the
 * background.
 */
export interface Era {
  readonly number: number;
  readonly prefix: Uint8Array;
  readonly files: BlobStore;
  /** A home in use is referenced by its transaction, commit or job, so it is not garbage collected. */
  readonly homes: WeakCache<Home>;
  seal: Sealer;
  notary?: Promise<Notary>;
  trail: Trail;
  /** Once true, every home that is opened in this era is closed at once. */
  ended: boolean;
}

/**
 * The prefix of keys that survive every reset: the current era's number and the number of times the store was
 * opened.
 */
const ETERNAL = u32(0);
const ERA_KEY = encodeKey(ETERNAL, ["era"]);
const PROCESS_KEY = encodeKey(ETERNAL, ["process"]);

export function eraPrefix(number: number): Uint8Array {
  return u32(number);
}

/**
 * What a process gets by opening its store: the current era, the number of this opening, and the lease to
 * change the era.
 */
export interface Entry {
  era: number;
  process: number;
  lease: Lease;
}

export async function enterStore(store: KeyValueStore, owner: string): Promise<Entry> {
  const lease = await store.lease("cloud", owner);
  const era = readU32(await store.get(ERA_KEY)) || 1;
  const process = readU32(await store.get(PROCESS_KEY)) + 1;
  const puts = [
    { key: ERA_KEY, value: u32(era) },
    { key: PROCESS_KEY, value: u32(process) },
  ];
  await store.commit({ lease, puts, deletes: [] });
  return { era, process, lease };
}

export async function writeEra(store: KeyValueStore, owner: string, era: number): Promise<void> {
  const lease = await store.lease("cloud", owner);
  await store.commit({ lease, puts: [{ key: ERA_KEY, value: u32(era) }], deletes: [] });
}

/** Deletes the keys of all eras before this one, page by page. */
export async function sweepFormerEras(store: KeyValueStore, owner: string, era: number): Promise<void> {
  const lease = await store.lease("sweep", owner);
  for (;;) {
    const rows = await store.range({ start: u32(1), end: eraPrefix(era), limit: 1_000 });
    if (rows.length === 0) return store.release(lease);
    await store.commit({ lease, puts: [], deletes: rows.map((row) => row.key) });
    await new Promise(setImmediate);
  }
}

const secrets = collection<{ name: string; key: string }>("kernel/secret", {
  scope: "partition",
  key: (s) => [s.name],
});

/** Opens the sealer of this era's tokens; creates its key at the first use. */
export async function openSealer(kernel: Home): Promise<Sealer> {
  const stored = await kernel.read((tx) => tx.get(secrets, ["seal"]));
  if (stored) return sealer(Buffer.from(stored.key, "base64"));
  const key = randomBytes(SEAL_KEY_BYTES);
  await kernel.write((tx) => tx.put(secrets, { name: "seal", key: key.toString("base64") }));
  return sealer(key);
}

/**
 * Compares the master keys with those that have been used in this era so far, and records new ones.
 * @throws {MasterKeyLostError}
 */
export async function rememberMasters(kernel: Home, masters: readonly MasterKey[]): Promise<void> {
  const names = new Map(masters.map((master) => [`master/${master.number}`, fingerprintOf(master)]));
  const stored = await kernel.read((tx) => tx.list(secrets, { prefix: "master/", limit: 1_000 }));
  for (const { name, key } of stored) {
    if (names.get(name) !== key)
      throw new MasterKeyLostError(`${name} is not the key that bodies were sealed with`);
    names.delete(name);
  }
  if (names.size === 0) return;
  await kernel.write((tx) => {
    for (const [name, key] of names) tx.put(secrets, { name, key });
  });
}

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

function readU32(value: Uint8Array | undefined): number {
  return value ? Buffer.from(value).readUInt32BE() : 0;
}
