import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, realpathSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { ExpectedError } from "./expected-error.ts";
import type { Config } from "./settings.ts";

/** The paths of one cloud's files. */
export interface DataFolder {
  readonly path: string;
  readonly store: string;
  readonly blobs: string;
  readonly tls: string;
  /** The file of the master keys that bodies at rest are encrypted with. */
  readonly keys: string;
  readonly log: string;
  /** The file that the running process holds locked. */
  readonly lock: string;
  /** The UNIX socket that accepts commands. */
  readonly socket: string;
  /** Removes what must not remain: the socket's short folder, and the whole folder of an ephemeral cloud. */
  discard(): void;
}

/** Creates the folder if it is missing, inaccessible to other users. */
export function openDataFolder(config: Config): DataFolder {
  const path = folderOf(config);
  if (config.ephemeral) makePrivate(path);
  else mkdirSync(path, { recursive: true, mode: 0o700 });
  const socket = socketOf(path);
  const shortPlace = dirname(socket) === path ? undefined : dirname(socket);
  if (shortPlace !== undefined) makePrivate(shortPlace);
  const folder = {
    path,
    store: join(path, "store"),
    blobs: join(path, "blobs"),
    tls: join(path, "tls"),
    keys: join(path, "master-keys.json"),
    log: join(path, "logs", "nube.log"),
    lock: join(path, "store", "lock"),
    socket,
    discard: () => {
      if (shortPlace !== undefined) removeEmpty(shortPlace);
      if (config.ephemeral) rmSync(path, { recursive: true, force: true });
    },
  };
  for (const part of [folder.store, folder.blobs, join(path, "logs")])
    mkdirSync(part, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * The sockets where a running cloud with these settings may be found: that of the data folder, then that of
 * the ephemeral cloud of that port. With `ephemeral`, only the latter.
 */
export function socketsOf(config: Config): string[] {
  const inMemory = socketOf(folderOf({ ...config, ephemeral: true }));
  return config.ephemeral ? [inMemory] : [socketOf(config.data), inMemory];
}

export function logOf(config: Config): string {
  return join(folderOf(config), "logs", "nube.log");
}

/** An ephemeral cloud also needs a folder, for its socket, log and certificates: one per port. */
function folderOf({ data, ephemeral, port }: Config): string {
  if (!ephemeral) return data;
  return join(tmpdir(), `nube-${userInfo().uid}-${port === 0 ? `any-${process.pid}` : port}`);
}

/**
 * The maximum length of a socket's path, below the 103 bytes that every system supports. It must never change:
 * one version of Nube would not find the socket of another, and serve a folder that is being served.
 */
const MAX_SOCKET_PATH = 95;

function socketOf(folder: string): string {
  const path = join(folder, "nube.sock");
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  // Not the environment's temporary folder: a second cloud that is started in another environment must find
  // the same lock.
  const short = `/tmp/nube-${createHash("sha256").update(realPath(folder)).digest("hex").slice(0, 24)}`;
  return join(short, "nube.sock");
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** Removes the folder if it is empty. Another process may already use it. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {}
}

/**
 * Creates a private folder. Temporary folders are writable by everyone, so an existing one may be another
 * user's trap.
 */
function makePrivate(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const stats = lstatSync(path);
    if (stats.isDirectory() && stats.uid === userInfo().uid && (stats.mode & 0o077) === 0) return;
    throw new ExpectedError(
      `${path} belongs to another user; remove it, or choose another port or data folder`,
    );
  }
}

/**
 * Blobs and their records belong together: with another store, the blobs in this folder would look
 * unreferenced and be deleted. So the folder records the name of its store.
 */
export function bindStore({ path }: DataFolder, { store }: Config): void {
  const file = join(path, "store-name");
  const name = store === undefined ? "this folder" : withoutSecrets(store);
  const bound = readName(file);
  if (bound === undefined) writeFileSync(file, `${name}\n`, { mode: 0o600, flush: true });
  else if (bound !== name) {
    throw new ExpectedError(
      `The records of ${path} are kept in ${bound}, not in ${name}; choose another --data`,
    );
  }
}

/** The file is empty if a first start was interrupted; nothing had been written to the store by then. */
function readName(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The database's URL without credentials. */
export function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
