import { link, rename, rm } from "node:fs/promises";
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
 * there is one: so of two processes one wins. A socket that nobody listens on was left by a process that died.
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
  while (!(await linked(own, path))) {
    if (await isAlive(path)) throw new AlreadyRunning();
    const dead = `${own}.dead`;
    if (!(await renamed(path, dead))) continue;
    // Between the look and the move another process may have put its own in place: it gets it back.
    if (await isAlive(dead)) await linked(dead, path);
    await rm(dead);
  }
}

const linked = (from: string, to: string) => succeeds(link(from, to), "EEXIST");
const renamed = (from: string, to: string) => succeeds(rename(from, to), "ENOENT");

async function succeeds(step: Promise<void>, expected: string): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === expected) return false;
    throw error;
  }
}

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The mode of a socket comes from the process's mask; nothing else of ours is made in this moment.
    const mask = process.umask(0o177);
    server.once("error", reject).listen(path, resolve);
    process.umask(mask);
  });
}

/** Whether somebody listens. */
export function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN"));
  });
}
