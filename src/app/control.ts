import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Handle } from "#gateway/server/http.ts";
import { http1Server } from "#gateway/server/http1.ts";
import { LIMITS } from "#gateway/server/limits.ts";
import type { DataFolder } from "./data-folder.ts";
import { ExpectedError } from "./expected-error.ts";

/** The lock of a data folder, and the channel of the command line: a UNIX socket, accessible to its owner only. */
export interface Control {
  /** Starts to serve; callers wait until then. */
  serve(handle: Handle, report: (error: unknown) => void): void;
  /** Releases the lock. */
  close(): Promise<void>;
}

/** Another process serves this data folder. */
export class AlreadyRunningError extends Error {}

/**
 * Locks the folder, and listens. A socket that exists already was left by a process that crashed; if a process
 * answers on it nevertheless, the file system does not support locks.
 *
 * @throws {AlreadyRunningError}
 */
export async function claim({
  socket: path,
  lock: file,
}: Pick<DataFolder, "socket" | "lock">): Promise<Control> {
  const lock = await lockFile(file);
  const waiting: Socket[] = [];
  let accept = (socket: Socket): void => void waiting.push(socket);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    accept(socket);
  });
  try {
    if (await isAlive(path)) throw new AlreadyRunningError();
    await rm(path, { force: true });
    await listenOn(server, path);
  } catch (error) {
    lock.release();
    throw error;
  }

  let http: ReturnType<typeof http1Server> | undefined;
  return {
    serve(handle, report) {
      http = http1Server({ handle, report }, LIMITS);
      const { accept: begin } = http;
      accept = (socket) => {
        begin(socket);
        socket.resume();
      };
      for (const socket of waiting.splice(0)) accept(socket);
    },
    async close() {
      await rm(path, { force: true });
      for (const socket of waiting) socket.destroy();
      http?.close();
      server.close();
      lock.release();
    },
  };
}

/**
 * A lock that the kernel frees when its holder dies, as only SQLite's does in Node. The file is next to the records, where
 * people do not tidy up: a socket is easily taken for a leftover and removed.
 */
async function lockFile(path: string): Promise<{ release(): void }> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path, { open: false, timeout: 0 });
  try {
    database.open();
    // Nothing is written, so a journal file would be useless.
    database.exec("pragma journal_mode = memory; begin exclusive");
  } catch (error) {
    if (database.isOpen) database.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === SQLITE_BUSY) throw new AlreadyRunningError();
    throw new ExpectedError(`${path} cannot be locked: ${message}`);
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The mode of a socket is determined by the umask; this process creates no other file meanwhile.
    const mask = process.umask(0o177);
    server.once("error", reject).listen(path, resolve);
    process.umask(mask);
  });
}

/** Whether a process listens on the socket. */
export function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN"));
  });
}
