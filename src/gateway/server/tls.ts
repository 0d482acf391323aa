import { createServer } from "node:tls";
import type { Certificates, Leaf } from "./certificates.ts";
import type { Server } from "./http.ts";
import type { Limits } from "./limits.ts";

/** Terminates TLS and passes the connection to the server for the negotiated version of HTTP. */
export function tlsServer(
  certificates: Certificates,
  { http1, http2 }: { http1: Server; http2: Server },
  report: (error: unknown) => void,
  limits: Limits,
): Server {
  let current: Leaf | undefined;
  const server = createServer({
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: limits.headTimeout,
    minVersion: "TLSv1.2",
    SNICallback(name, done) {
      certificates.contextFor(name).then((context) => done(null, context), done);
    },
  });
  server.on("secureConnection", (socket) => (socket.alpnProtocol === "h2" ? http2 : http1).accept(socket));
  // A failed handshake concerns only the client and its trusted authorities; Node destroys the socket.
  server.on("tlsClientError", () => {});
  return {
    accept(connection) {
      certificates.standard().then(
        (leaf) => {
          if (leaf !== current) server.setSecureContext((current = leaf));
          server.emit("connection", connection);
        },
        (error) => {
          report(error);
          connection.destroy();
        },
      );
    },
    // The connections are closed by the HTTP servers.
    close() {},
  };
}
