import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { bodyOf } from "#lib/body.ts";
import type { Assembly } from "./assembly.ts";
import { deadlines } from "./deadlines.ts";
import { announcedTrailers, contentLength, joinHeaders, parseTarget } from "./head.ts";
import type { HttpRequest, HttpResponse, Server, Serving } from "./http.ts";
import { type Answering, openAnswers } from "./http2-answers.ts";
import type { Limits } from "./limits.ts";
import { type Pacing, pacing } from "./pace.ts";
import { IncomingRequest } from "./request.ts";
import { ClientGoneError, RequestBody } from "./request-body.ts";
import {
  abandon,
  answerTo,
  internalFailure,
  isBodiless,
  malformed,
  type WritePiece,
  writeBody,
} from "./respond.ts";

/** HTTP/2, over TLS or with prior knowledge. Server push is not used. */
export function http2Server(serving: Serving, limits: Limits, bodies: Assembly): Server {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.streamsPerConnection,
      maxHeaderListSize: limits.headBytes,
      initialWindowSize: limits.streamWindow,
    },
    maxHeaderListPairs: limits.headerCount,
    maxSessionInvalidFrames: limits.invalidFrames,
    maxSessionRejectedStreams: limits.invalidFrames,
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
  });

  const { headCheckInterval, bodyIdleTimeout, keepAliveTimeout, writeIdleTimeout } = limits;
  const watches = deadlines(Math.min(headCheckInterval, bodyIdleTimeout, keepAliveTimeout, writeIdleTimeout));
  const pace = pacing(limits, watches);

  server.on("session", (session) => {
    const answers = openAnswers(session, limits, watches, breakOff);
    sessions.add(session);
    session.once("close", () => {
      sessions.delete(session);
      answers.end();
    });
    session.on("error", () => session.destroy());
    session.on("stream", (stream: ServerHttp2Stream, pseudo, _flags, headerPairs) =>
      serve(answers.begin(stream), pseudo, headerPairs),
    );
  });
  // A session error also reaches its streams, where it is handled.
  server.on("sessionError", () => {});

  function serve(answering: Answering, pseudo: IncomingHttpHeaders, headerPairs: readonly string[]): void {
    const { stream } = answering;
    // A reset also emits an error; it is handled on `close`.
    stream.on("error", () => {});
    const request = readHead(stream, pseudo, headerPairs, { limits, bodies, pacing: pace });
    const answer = request === undefined ? Promise.resolve(malformed()) : answerTo(request, serving);
    answer
      .then((response) => respond(answering, response, pseudo[":method"] === "HEAD"))
      .catch((error: unknown) => {
        if (!(error instanceof ClientGoneError)) serving.report(error);
        if (stream.headersSent || stream.destroyed) breakOff(stream);
        else respond(answering, internalFailure(), false).catch(() => breakOff(stream));
      });
  }

  return {
    accept: (connection) => void server.emit("connection", connection),
    close() {
      for (const session of sessions) session.close();
    },
  };
}

/** Resets the stream. `close` alone would first end it regularly, and half a response would look complete. */
function breakOff(stream: ServerHttp2Stream): void {
  stream._final = (done) => done();
  if (!stream.closed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

function readHead(
  stream: ServerHttp2Stream,
  pseudo: IncomingHttpHeaders,
  headerPairs: readonly string[],
  { limits, bodies, pacing }: { limits: Limits; bodies: Assembly; pacing: Pacing },
): HttpRequest | undefined {
  const target = parseTarget(pseudo[":path"] ?? "");
  const headers = joinHeaders(headerPairs);
  for (const name of PSEUDO_HEADERS) delete headers[name];
  const authority = pseudo[":authority"] ?? headers.host ?? "";
  if (target === undefined || authority.includes(",")) return undefined;
  // Signatures cover `host`, which clients may send as `:authority`; two different hosts are invalid (RFC 9113, 8.3.1).
  headers.host ??= authority;
  if (headers.host.toLowerCase() !== authority.toLowerCase()) return undefined;
  const awaitsContinue = headers.expect?.toLowerCase() === "100-continue";
  let trailers: Record<string, string> = {};
  stream.once("trailers", (_trailers, _flags, pairs) => {
    trailers = joinHeaders(pairs);
  });
  const facts = {
    method: pseudo[":method"]!,
    target: target.target,
    path: target.path,
    rawQuery: target.rawQuery,
    headers,
    host: authority.toLowerCase(),
    secure: stream.session?.encrypted ?? false,
    remoteAddress: stream.session?.socket.remoteAddress ?? "",
    httpVersion: "2.0" as const,
    body: stream.endAfterHeaders
      ? bodyOf("")
      : new RequestBody(stream, {
          size: contentLength(headers),
          announced: announcedTrailers(headers.trailer),
          trailers: () => trailers,
          isWhole: () => !stream.aborted,
          invite: () => awaitsContinue && stream.additionalHeaders({ ":status": 100 }),
          bodies,
          pacing,
          readAheadBytes: limits.readAheadBytes,
        }),
  };
  return new IncomingRequest(facts, (abort) => {
    if (stream.aborted) abort();
    else stream.once("aborted", abort);
  });
}

/** Except `:authority`, which clients may sign in place of `host`. */
const PSEUDO_HEADERS = [":method", ":path", ":scheme"];

/** Larger bodies are sent in pieces of this size, so that progress can be observed per piece. */
const PIECE_BYTES = 64 * 1_024;

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

async function respond(answering: Answering, response: HttpResponse, isHead: boolean): Promise<void> {
  const { stream } = answering;
  const { status, headers, body } = response;
  if (stream.destroyed || stream.closed) return abandon(response);
  stream.once("finish", () => leaveRequest(stream));
  const length = lengthOf(body);
  const head = {
    ":status": status,
    ...(length === undefined || (isHead && length === 0) ? {} : { "content-length": length }),
    ...headers,
  };
  if (isBodiless(status)) delete head["content-length"];
  if (isHead || isBodiless(status) || length === 0) {
    stream.respond(head, { endStream: true });
    return abandon(response);
  }
  stream.respond(head);
  if (isWhole(body) && length! <= PIECE_BYTES) stream.end(body);
  else await sendPieces(answering, body, length ?? headers["content-length"]);
}

/**
 * Leaves what has not been read of a request whose response has been written. A client that is still sending
 * is told to stop, without harm to the response. Other streams end by themselves. They must count as read:
 * Node resets unread ones at once, although the end of the response may still wait for the client's window.
 */
function leaveRequest(stream: ServerHttp2Stream): void {
  if (stream.endAfterHeaders || stream.state.remoteClose) stream.resume();
  else stream.close(constants.NGHTTP2_NO_ERROR);
}

const isWhole = (body: HttpResponse["body"]): body is string | Uint8Array =>
  typeof body === "string" || body instanceof Uint8Array;

/** In bytes; `undefined` for a stream. */
function lengthOf(body: HttpResponse["body"]): number | undefined {
  if (!isWhole(body)) return undefined;
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}

async function sendPieces(
  answering: Answering,
  body: HttpResponse["body"],
  promised: number | string | undefined,
): Promise<void> {
  const { stream } = answering;
  const pieces = isWhole(body) ? piecesOf(typeof body === "string" ? Buffer.from(body) : body) : body;
  const write: WritePiece = (piece, to, written) =>
    to.write(piece, (error) => {
      answering.taken++;
      written(error);
    });
  await writeBody(pieces, stream, promised === undefined ? undefined : Number(promised), write);
  if (!stream.destroyed) stream.end();
}
