import { type AddressInfo, createServer, type Socket } from "node:net";
import { assembly } from "./assembly.ts";
import type { Certificates } from "./certificates.ts";
import { deadlines } from "./deadlines.ts";
import type { Server, Serving } from "./http.ts";
import { http1Server } from "./http1.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { cutWhenStalled } from "./stalled.ts";

export interface ListenOptions extends Serving {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Without certificates, TLS is not supported. */
  certificates?: Certificates;
  limits?: Partial<Limits>;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /**
   * Stops accepting, closes idle connections at once and the others after their responses, and destroys the
   * rest after `graceMs`. Resolves when the last connection is closed.
   */
  close(options: { graceMs: number }): Promise<void>;
}

/**
 * One port for HTTP/1.1, HTTP/2 with prior knowledge, and TLS with either inside: the first bytes of a
 * connection identify the protocol. (The SDK for JavaScript uses HTTP/2 for Kinesis on any endpoint, without
 * negotiation.)
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const limits = { ...LIMITS, ...options.limits };
  const bodies = assembly(limits.assembledBytes);
  const http1 = http1Server(options, limits, bodies);
  const { certificates, report } = options;
  const http2 = whenNeeded(
    () => import("./http2.ts").then((m) => m.http2Server(options, limits, bodies)),
    report,
  );
  const tls =
    certificates &&
    whenNeeded(
      () => import("./tls.ts").then((m) => m.tlsServer(certificates, { http1, http2 }, report, limits)),
      report,
    );
  const speakers: Record<Language, Server | undefined> = { http1, http2, tls };

  const { headCheckInterval, writeIdleTimeout } = limits;
  const watches = deadlines(Math.min(headCheckInterval, writeIdleTimeout));
  const undecided = new Set<Socket>();
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    undecided.add(socket);
    const leave = cutWhenStalled(socket, writeIdleTimeout, watches);
    socket.once("close", () => {
      leave();
      connections.delete(socket);
      undecided.delete(socket);
    });
    // An error is followed by `close`, which is handled elsewhere.
    socket.on("error", () => {});
    sniff(socket, limits.headTimeout, (language) => {
      undecided.delete(socket);
      const speaker = speakers[language];
      if (speaker === undefined) socket.destroy();
      else speaker.accept(socket);
    });
  });
  server.maxConnections = limits.connections;

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  server.on("error", options.report);
  const { address, port } = server.address() as AddressInfo;

  return {
    address,
    port,
    close({ graceMs }) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of connections) socket.destroy();
        }, graceMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        for (const socket of undecided) socket.destroy();
        for (const speaker of [http1, http2, tls]) speaker?.close();
      });
    },
  };
}

/**
 * Loads a server at its first connection: HTTP/2 and TLS take longer to load than the rest of a start, and
 * most clients use neither.
 */
function whenNeeded(load: () => Promise<Server>, report: (error: unknown) => void): Server {
  let loading: Promise<Server> | undefined;
  let isClosed = false;
  return {
    accept(connection) {
      loading ??= load();
      loading
        .then((server) => (isClosed ? connection.destroy() : server.accept(connection)))
        .catch((error) => {
          report(error);
          connection.destroy();
        });
    },
    close() {
      isClosed = true;
      loading?.then(
        (server) => server.close(),
        () => {},
      );
    },
  };
}

type Language = "http1" | "http2" | "tls";

/** The first byte of a TLS handshake record (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;
/** The start of HTTP/2's connection preface (RFC 9113, 3.4). No HTTP/1 method begins like this. */
const HTTP2_PREFACE = Buffer.from("PRI ");

/** Calls back once, as soon as the first bytes identify the protocol; the bytes are put back first. */
function sniff(socket: Socket, timeout: number, decided: (language: Language) => void): void {
  const giveUp = () => socket.destroy();
  let received: Buffer = Buffer.alloc(0);
  const look = (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    const language = languageOf(received);
    if (language === undefined) return;
    socket.off("data", look).off("timeout", giveUp).off("end", giveUp).setTimeout(0);
    socket.pause();
    socket.unshift(received);
    decided(language);
    // HTTP/2 and TLS take over the socket's handle; HTTP/1 needs the flow resumed.
    if (language === "http1") socket.resume();
  };
  socket.on("data", look).once("timeout", giveUp).once("end", giveUp).setTimeout(timeout);
}

function languageOf(bytes: Buffer): Language | undefined {
  if (bytes[0] === TLS_HANDSHAKE) return "tls";
  const length = Math.min(bytes.length, HTTP2_PREFACE.length);
  if (HTTP2_PREFACE.compare(bytes, 0, length, 0, length) !== 0) return "http1";
  return length === HTTP2_PREFACE.length ? "http2" : undefined;
}
