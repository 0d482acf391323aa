import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Server } from "./harness.ts";

/** A proxy to a server that records what clients send, so that tests can check it. */
export interface Wiretap {
  endpoint: string;
  /** All bytes so far of all connections, in Latin-1. */
  sent(): string;
}

export async function wiretap({ port }: Pick<Server, "port">): Promise<Wiretap> {
  const pieces: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, "localhost");
    client.on("data", (bytes) => pieces.push(bytes.toString("latin1")));
    client.pipe(server).pipe(client);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => sockets.delete(socket));
    }
  });
  proxy.listen(0, "localhost");
  onTestFinished(async () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(proxy, "listening");
  const endpoint = `http://localhost:${(proxy.address() as AddressInfo).port}`;
  return { endpoint, sent: () => pieces.join("") };
}
