import type { Writable } from "node:stream";

/**
 * Answers on their way out. Those that become ready in one turn of the event loop are written together at its end: a
 * client that sleeps is then woken once for all of them, where each write of its own would wake it, which costs as
 * much as the write. Nobody waits longer than it takes to answer `MAX_BATCH` calls.
 */
export interface Outgoing {
  /** In the order of the calls. Whoever writes to a socket itself flushes before. */
  write(socket: Writable, bytes: string | Uint8Array): void;
  flush(): void;
}

/** As many as are begun together. */
const MAX_BATCH = 32;

export function outgoing(): Outgoing {
  let waiting: { socket: Writable; bytes: string | Uint8Array }[] = [];

  function flush(): void {
    const ready = waiting;
    waiting = [];
    for (const { socket, bytes } of ready) {
      if (typeof bytes === "string") socket.write(bytes, "latin1");
      else socket.write(bytes);
    }
  }

  return {
    write(socket, bytes) {
      waiting.push({ socket, bytes });
      if (waiting.length === 1) setImmediate(flush);
      else if (waiting.length === MAX_BATCH) flush();
    },
    flush,
  };
}
