import type { Socket } from "node:net";
import type { Deadlines, Expiring } from "./deadlines.ts";

/**
 * Cuts a connection of which the client has taken nothing for so long, while something waited for it, whatever is spoken
 * on it. Who takes a little now and then stays, and so does who waits for what is not there yet.
 * @returns ends the watch
 */
export function cutWhenStalled(socket: Socket, idleTimeout: number, deadlines: Deadlines): () => void {
  let before: number | undefined;
  const watch: Expiring = {
    deadline: deadlines.after(idleTimeout),
    expire() {
      const taken = takenFrom(socket);
      if (taken !== undefined && taken === before) return void socket.destroy();
      before = taken;
      watch.deadline = deadlines.after(idleTimeout);
    },
  };
  deadlines.add(watch);
  return () => deadlines.delete(watch);
}

/** What Node knows of a write that is half done, and tells nobody. */
interface Handle {
  /** Of those that waited, too. */
  bytesWritten?: number;
  writeQueueSize?: number;
}

/** Bytes that the system has taken, where others wait behind them. */
function takenFrom(socket: Socket): number | undefined {
  const { bytesWritten = 0, writeQueueSize = 0 } = (socket as { _handle?: Handle | null })._handle ?? {};
  return writeQueueSize === 0 ? undefined : bytesWritten - writeQueueSize;
}
