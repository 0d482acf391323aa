import type { Writable } from "node:stream";

/**
 * Responses that become ready in one turn of the event loop are written together at its end: a sleeping
 * client is then woken once for all of them, where separate writes would each wake it, which costs as much as
 * the write. No response waits longer than it takes to produce `MAX_BATCH` of them.
 */
export interface Outgoing {
  /** Writes in the order of the calls. A caller that writes to a socket directly must flush first. */
  write(socket: Writable, bytes: string | Uint8Array): void;
  flush(): void;
}

/** The same as the number of requests that are started together. */
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
