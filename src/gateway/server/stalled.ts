import type { Socket } from "node:net";
import type { Deadlines, Expiring } from "./deadlines.ts";

/**
 * Destroys a connection, of any protocol, on which data has been pending for `idleTimeout` while the client
 * has read none of it. A slow reader is kept, and so is a client that waits for a response.
 * @returns a function that ends the watch
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

/** Node's internal counters of a pending write, for which there is no public interface. */
interface Handle {
  /** Includes pending bytes. */
  bytesWritten?: number;
  writeQueueSize?: number;
}

/** The bytes that the operating system has taken, if more are pending. */
function takenFrom(socket: Socket): number | undefined {
  const { bytesWritten = 0, writeQueueSize = 0 } = (socket as { _handle?: Handle | null })._handle ?? {};
  return writeQueueSize === 0 ? undefined : bytesWritten - writeQueueSize;
}
