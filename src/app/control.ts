import { link, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Handle } from "#gateway/server/http.ts";
import { http1Server } from "#gateway/server/http1.ts";
import { LIMITS } from "#gateway/server/limits.ts";

/** The lock of a data folder and the channel of the command line, in one: a UNIX socket, reachable by its owner only. */
export interface Control {
  /** Begins to answer; until then, callers wait. */
  serve(handle: Handle, report: (error: unknown) => void): void;
  /** Gives the lock away. */
  close(): Promise<void>;
}

/** Another process serves this data folder. */
export class AlreadyRunning extends Error {}

/**
 * A socket listens from its first moment under a name of its own, and gets the common name by `link`, which fails where
 * there is one: so of two processes one wins. One that nobody listens on was left by a process that died.
 *
 * @throws {AlreadyRunning}
 */
export async function claim(path: string): Promise<Control> {
  const own = `${path}.${process.pid}`;
  await rm(own, { force: true });
  const waiting: Socket[] = [];
  let accept = (socket: Socket): void => void waiting.push(socket);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    accept(socket);
  });
  await listenOn(server, own);
  try {
    await take(own, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(own, { force: true });
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
    },
  };
}

async function take(own: string, path: string): Promise<void> {
  if (await linked(own, path)) return;
  if (await isAlive(path)) throw new AlreadyRunning();
  await replaceDead(own, path);
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Of several processes that see a dead socket, each must look again when the others are done, or it would remove what the
 * first has put there. Where there is no socket nothing is removed: another process may put its own there at any moment.
 * SQLite's is the one lock in Node that the kernel frees when its holder dies.
 */
async function replaceDead(own: string, path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const lock = new DatabaseSync(`${path}.lock`, { timeout: LOCK_TIMEOUT_MS });
  try {
    lock.exec("begin exclusive");
    while (!(await linked(own, path))) {
      const found = await probe(path);
      if (found === "alive") throw new AlreadyRunning();
      if (found === "dead") await rm(path, { force: true });
    }
  } finally {
    lock.close();
  }
}

const LOCK_TIMEOUT_MS = 5_000;

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The mode of a socket comes from the process's mask; nothing else of ours is made in this moment.
    const mask = process.umask(0o177);
    server.once("error", reject).listen(path, resolve);
    process.umask(mask);
  });
}

/** Whether somebody listens. */
export const isAlive = async (path: string): Promise<boolean> => (await probe(path)) === "alive";

function probe(path: string): Promise<"alive" | "dead" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("alive");
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EAGAIN") resolve("alive");
      else resolve(code === "ENOENT" ? "absent" : "dead");
    });
  });
}
