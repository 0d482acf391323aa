import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { bodyOf } from "#lib/body.ts";
import { announcedTrailers, contentLength, joinHeaders, parseTarget } from "./head.ts";
import type { HttpRequest, HttpResponse, Server, Serving } from "./http.ts";
import type { Limits } from "./limits.ts";
import { IncomingRequest } from "./request.ts";
import { ClientGoneError, RequestBody } from "./request-body.ts";
import {
  abandon,
  answerTo,
  internalFailure,
  isBodiless,
  malformed,
  plainError,
  writeBody,
} from "./respond.ts";

/** HTTP/1.0 and 1.1 on Node's parser. Nothing outside this file knows what parses. */
export function http1Server(serving: Serving, limits: Limits): Server {
  let closing = false;
  /** The latest answer on a connection, to know what a broken message may still be told. */
  const answers = new WeakMap<Duplex, ServerResponse>();

  const server = createServer({
    noDelay: true,
    // Checked below, where it can be refused in a document.
    requireHostHeader: false,
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headTimeout,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.headCheckInterval,
  });
  // Node would drop the headers above its own count silently.
  server.maxHeadersCount = 0;
  server.on("request", (message, answer) => serve(message, answer, false));
  server.on("checkContinue", (message, answer) => serve(message, answer, true));
  server.on("checkExpectation", (message, answer) => {
    refuse(
      message,
      answer,
      plainError(417, "ExpectationFailed", "The Expect header field asks for something unknown."),
    );
  });
  server.on("clientError", (error, socket) => refuseMalformed(error, socket, answers.get(socket)));
  // Said by `listen` otherwise: it starts the check of `headersTimeout`.
  server.emit("listening");

  function serve(message: IncomingMessage, answer: ServerResponse, awaitsContinue: boolean) {
    answers.set(message.socket, answer);
    if (message.rawHeaders.length > limits.headerCount * 2) {
      return refuse(
        message,
        answer,
        plainError(431, "RequestHeaderSectionTooLarge", "The request has too many headers."),
      );
    }
    const request = readHead(message, answer, awaitsContinue, limits);
    if (request === undefined) return refuse(message, answer, malformed());
    answerTo(request, serving)
      .then((response) => respond(message, answer, response, awaitsContinue))
      .catch((error: unknown) => {
        if (!(error instanceof ClientGoneError)) serving.report(error);
        if (answer.headersSent) return void answer.destroy();
        answer.statusMessage = ""; // of the answer that failed
        refuse(message, answer, internalFailure());
      });
  }

  function refuse(message: IncomingMessage, answer: ServerResponse, response: HttpResponse) {
    respond(message, answer, response, true).catch(() => answer.destroy());
  }

  async function respond(
    message: IncomingMessage,
    answer: ServerResponse,
    response: HttpResponse,
    awaitsContinue: boolean,
  ) {
    if (answer.destroyed) return abandon(response);
    if (!message.complete || message.isPaused()) leaveUnread(message, answer, awaitsContinue, limits);
    if (closing) answer.shouldKeepAlive = false;
    await send(answer, response, message.method === "HEAD");
  }

  return {
    accept: (connection) => void server.emit("connection", connection),
    close() {
      closing = true;
      server.close();
    },
  };
}

function readHead(
  message: IncomingMessage,
  answer: ServerResponse,
  awaitsContinue: boolean,
  limits: Limits,
): HttpRequest | undefined {
  const target = parseTarget(message.url!);
  const headers = joinHeaders(message.rawHeaders);
  const host = (target?.authority ?? headers.host ?? "").toLowerCase();
  const hostIsClear = !host.includes(",") && (host !== "" || message.httpVersion === "1.0");
  if (target === undefined || !hostIsClear) return undefined;
  const size = contentLength(headers);
  const isEmpty = size === 0 || (size === undefined && headers["transfer-encoding"] === undefined);
  const { socket } = message;
  const facts = {
    method: message.method!,
    target: target.target,
    path: target.path,
    rawQuery: target.rawQuery,
    headers,
    host,
    secure: "encrypted" in socket,
    remoteAddress: socket.remoteAddress ?? "",
    httpVersion: message.httpVersion === "1.0" ? ("1.0" as const) : ("1.1" as const),
    body: isEmpty
      ? bodyOf("")
      : new RequestBody(message, {
          size,
          announced: announcedTrailers(headers.trailer),
          trailers: () => joinHeaders(message.rawTrailers),
          isWhole: () => message.complete,
          invite: () => awaitsContinue && answer.writeContinue(),
          idleTimeout: limits.bodyIdleTimeout,
          readAheadBytes: limits.readAheadBytes,
        }),
  };
  return new IncomingRequest(facts, (abort) => {
    if (answer.destroyed) abort();
    else answer.once("close", () => answer.writableFinished || abort());
  });
}

async function send(
  answer: ServerResponse,
  { status, headers: said, body }: HttpResponse,
  isHead: boolean,
): Promise<void> {
  const headers = said["content-disposition"] === undefined ? said : dispositionFirst(said);
  if (isBodiless(status)) {
    const { "content-length": _, ...rest } = headers;
    answer.writeHead(status, rest).end();
    if (typeof body === "object") abandon({ status, headers, body });
  } else if (typeof body === "string" || body instanceof Uint8Array) {
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    if (isHead && length === 0) answer.writeHead(status, headers);
    else answer.writeHead(status, withLength(headers, length));
    if (isHead || length === 0) answer.end();
    // Node joins head and text into one write, in the text's encoding: header values are Latin-1, so text beyond ASCII goes as bytes.
    else if (typeof body === "string")
      length === body.length ? answer.end(body, "latin1") : answer.end(Buffer.from(body));
    else answer.end(body);
  } else if (isHead) {
    answer.writeHead(status, headers).end();
    abandon({ status, headers, body });
  } else {
    answer.writeHead(status, headers);
    // The head rides with the first piece, but does not wait for it: an event stream may have nothing to say yet.
    setImmediate(() => answer.flushHeaders());
    const length = headers["content-length"];
    await writeBody(body, answer, length === undefined ? undefined : Number(length));
  }
}

const withLength = (headers: Record<string, string>, length: number) =>
  headers["content-length"] === undefined ? { ...headers, "content-length": String(length) } : headers;

/** Behind a Content-Length Node makes bytes of it, which its own check then refuses where they are not ASCII. */
function dispositionFirst(headers: Record<string, string>): Record<string, string> {
  const { "content-disposition": disposition, ...rest } = headers;
  return { "content-disposition": disposition!, ...rest };
}

/**
 * The answer is there and the body is not all read. A short rest is read and dropped; otherwise the connection ends, and
 * gently: closing a socket with unread bytes sends a reset, which takes the answer away from a client that is still writing.
 */
function leaveUnread(
  message: IncomingMessage,
  answer: ServerResponse,
  awaitsContinue: boolean,
  limits: Limits,
): void {
  const { socket } = message;
  answer.once("finish", () => message.removeAllListeners("data").resume());
  const isUntouched = message.readableFlowing === null && !awaitsContinue;
  const isShort = Number(message.headers["content-length"]) <= limits.unreadBytes;
  if (message.complete || (isUntouched && isShort)) return;
  answer.shouldKeepAlive = false;
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), limits.lingerTimeout).unref();
  };
}

const MALFORMED: Record<string, typeof malformed> = {
  HPE_HEADER_OVERFLOW: () =>
    plainError(
      431,
      "RequestHeaderSectionTooLarge",
      "Your request header and query parameters exceed the maximum allowed size.",
    ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    plainError(413, "EntityTooLarge", "The chunk extensions exceed the maximum allowed size."),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    plainError(408, "RequestTimeout", "The request was not received within the timeout period."),
};

/** Bytes that are no HTTP. They are told so, unless an answer to what came before them is on its way. */
function refuseMalformed(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answer: ServerResponse | undefined,
): void {
  const isFree =
    answer === undefined || answer.writableFinished || !(answer.headersSent || answer.req.complete);
  if (error.code !== "ECONNRESET" && socket.writable && isFree) {
    const { status, headers, body } = (MALFORMED[error.code ?? ""] ?? malformed)();
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${headers["content-type"]}`,
      `content-length: ${body.length}`,
      "connection: close",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  }
  socket.destroy();
}
