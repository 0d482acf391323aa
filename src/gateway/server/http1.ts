import { type Assembly, assembly } from "./assembly.ts";
import { deadlines } from "./deadlines.ts";
import type { Server, Serving } from "./http.ts";
import { lastLines } from "./http1/answer.ts";
import { Connection, type Shared } from "./http1/connection.ts";
import { incoming } from "./http1/incoming.ts";
import { outgoing } from "./http1/outgoing.ts";
import type { Limits } from "./limits.ts";
import { pacing } from "./pace.ts";

/**
 * An implementation of HTTP/1.0 and 1.1 that takes two thirds of the processor time of `node:http`, whose
 * messages are streams and event emitters. It supports the part of HTTP that AWS's clients use, and rejects
 * anything that does not conform.
 */
export function http1Server(
  serving: Serving,
  limits: Limits,
  bodies: Assembly = assembly(limits.assembledBytes),
): Server {
  const { headCheckInterval, bodyIdleTimeout, keepAliveTimeout, lingerTimeout } = limits;
  const watches = deadlines(Math.min(headCheckInterval, bodyIdleTimeout, keepAliveTimeout, lingerTimeout));
  const connections = new Set<Connection>();
  const shared: Shared = {
    serving,
    limits,
    bodies,
    pacing: pacing(limits, watches),
    deadlines: watches,
    lastLines: lastLines(keepAliveTimeout),
    incoming: incoming(),
    outgoing: outgoing(),
    isClosing: false,
    ended(connection) {
      connections.delete(connection);
      shared.deadlines.delete(connection);
    },
  };
  return {
    accept(socket) {
      const connection = new Connection(socket, shared);
      connections.add(connection);
      shared.deadlines.add(connection);
    },
    close() {
      shared.isClosing = true;
      for (const connection of connections) connection.closeIfIdle();
    },
  };
}
