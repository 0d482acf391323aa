import { existsSync, statSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Fault, groupCommits } from "./group.ts";
import type { KeyValueStore } from "./kv.ts";
import { grantedLeases } from "./leases.ts";
import { type LogFile, openLogFile } from "./log/disk.ts";
import { type Base, LOG_FILES, openLog } from "./log/log.ts";
import { withPageCache } from "./log/page-cache.ts";

/** The maximum number of leases per process; each opening starts a new series of epochs. */
const MAX_LEASES = 2 ** 26;

/** The store of a single process on its own disk: a log that takes the commits, above LMDB. */
export async function openEmbedded({
  path,
  ...options
}: {
  /** LMDB's file; the log's files are next to it. */
  path: string;
  fault?: Fault;
  capacity?: number;
}): Promise<KeyValueStore> {
  const names = Array.from({ length: LOG_FILES }, (_, n) => `${path}-log${n}`);
  const written = lastWrite([path, ...names]);
  const base = existsSync(path) ? await openBase(path) : baseWhenNeeded(path);
  const files = await Promise.all(names.map(openLogFile));
  // A new file is durable only when its name is.
  if (files.some(({ size }) => size === 0)) await syncFolder(dirname(path));
  return { ...(await openLogged({ base, files, ...options })), written };
}

function lastWrite(paths: readonly string[]): number | undefined {
  const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times) || undefined;
}

export interface LoggedOptions {
  base: Base;
  files: readonly LogFile[];
  fault?: Fault;
  /** The size of one generation of the log, in bytes. */
  capacity?: number;
}

/** A log above any base. */
export async function openLogged({ base, files, fault, capacity }: LoggedOptions): Promise<KeyValueStore> {
  const log = await openLog(withPageCache(base), files, capacity);
  const leases = grantedLeases();
  const group = groupCommits(leases, log.append, fault);
  let epoch = log.opening * MAX_LEASES;
  return {
    lease: async (partition, owner) => leases.grant(partition, owner, () => ++epoch),
    release: async (lease) => leases.remove(lease),
    get: log.get,
    range: log.range,
    commit: group.commit,
    rest: log.rest,
    async close() {
      await group.settled();
      await log.close();
      for (const file of files) await file.close();
      await base.close();
    },
  };
}

/** Loading LMDB takes longer than the rest of a start. */
const openBase = async (path: string): Promise<Base> => (await import("./lmdb.ts")).openLmdb(path);

/** A base whose file does not exist yet: it is created when the first generation is settled. */
function baseWhenNeeded(path: string): Base {
  let opened: Base | undefined;
  async function create(): Promise<Base> {
    const created = await openBase(path);
    await syncFolder(dirname(path));
    return created;
  }
  return {
    get settled() {
      return opened?.settled ?? 0;
    },
    get: (key) => opened?.get(key),
    range: (range) => opened?.range(range) ?? [],
    async apply(changes, settled) {
      opened ??= await create();
      return opened.apply(changes, settled);
    },
    rest: () => opened?.rest(),
    close: async () => opened?.close(),
  };
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await openFile(path);
  await folder.sync();
}
