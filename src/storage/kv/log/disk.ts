import { close, constants, fdatasync, fstatSync, open, read, write, writeSync } from "node:fs";
import { monotonicNow } from "#lib/wall.ts";

/** A file of the log. */
export interface LogFile {
  /** The file's current size, written or preallocated. */
  readonly size: number;
  /** Fills `into` from the beginning of the file; returns the number of bytes read. */
  read(into: Uint8Array): Promise<number>;
  /**
   * Passes bytes to the operating system. They may be lost, partly or completely, until a later `sync` has
   * ended.
   */
  write(bytes: Uint8Array, at: number): Promise<void> | undefined;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The file grows by preallocated zeros: it doubles, by at most this much. A write inside it changes no
 * metadata, which halves the cost of syncing.
 */
const MAX_STEP = 1024 * 1024;
const MIN_STEP = 64 * 1024;
/**
 * Up to this size, bytes are copied to the page cache synchronously, which takes microseconds, less than
 * waking a thread. The kernel blocks writers while much other data is being written to the disk; after such a
 * slow write, a thread does the writing for a while.
 */
const MAX_INLINE_WRITE = 128 * 1024;
const SLOW_WRITE_MS = 20;
const WRITES_BY_THREAD = 100;

export async function openLogFile(path: string): Promise<LogFile> {
  // Created if missing, and never truncated, even if an attempt to open it fails.
  const fd = await new Promise<number>((opened, failed) =>
    open(path, constants.O_RDWR | constants.O_CREAT, (error, fd) => (error ? failed(error) : opened(fd))),
  );
  let size = fstatSync(fd).size;
  let byThread = 0;

  async function extend(end: number): Promise<void> {
    while (size < end) {
      const step = Math.min(Math.max(size, MIN_STEP), MAX_STEP);
      await writeAll(fd, new Uint8Array(step), size);
      size += step;
    }
  }

  function writeNow(bytes: Uint8Array, at: number): void {
    const begin = monotonicNow();
    for (let done = 0; done < bytes.length; )
      done += writeSync(fd, bytes, done, bytes.length - done, at + done);
    if (monotonicNow() - begin > SLOW_WRITE_MS) byThread = WRITES_BY_THREAD;
  }

  return {
    get size() {
      return size;
    },
    async read(into) {
      let done = 0;
      for (let count = -1; count !== 0 && done < into.length; done += count)
        count = await readSome(fd, into, done);
      return done;
    },
    write(bytes, at) {
      if (at + bytes.length > size) return extend(at + bytes.length).then(() => writeAll(fd, bytes, at));
      if (bytes.length > MAX_INLINE_WRITE) return writeAll(fd, bytes, at);
      if (byThread > 0) {
        byThread--;
        return writeAll(fd, bytes, at);
      }
      writeNow(bytes, at);
    },
    sync: () => new Promise((done, failed) => fdatasync(fd, (error) => (error ? failed(error) : done()))),
    close: () => new Promise((done, failed) => close(fd, (error) => (error ? failed(error) : done()))),
  };
}

async function writeAll(fd: number, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((written, failed) =>
      write(fd, bytes, done, bytes.length - done, at + done, (error, count) =>
        error ? failed(error) : written(count),
      ),
    );
  }
}

function readSome(fd: number, into: Uint8Array, at: number): Promise<number> {
  return new Promise((done, failed) =>
    read(fd, into, at, into.length - at, at, (error, count) => (error ? failed(error) : done(count))),
  );
}
