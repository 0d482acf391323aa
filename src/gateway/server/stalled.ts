import type { Socket } from "node:net";
import type { Deadlines, Expiring } from "./deadlines.ts";

/**
 * Cuts a connection, of any protocol, from which the client has read nothing for so long while something was waiting to be
 * sent. A client that reads slowly is kept, and so is one that waits for an answer.
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

/** Node's internal counters of a write that is half done, which have no public interface. */
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
