import { STATUS_CODES } from "node:http";
import type { Writable } from "node:stream";
import { wallNow } from "#lib/wall.ts";
import type { HttpResponse } from "../http.ts";
import { abandon, isBodiless, type WritePiece, writeBody } from "../respond.ts";
import { TOKEN } from "./fields.ts";
import type { Outgoing } from "./outgoing.ts";

/** The properties of a request that determine the form of its response. */
export interface ResponseForm {
  isHead: boolean;
  httpVersion: "1.0" | "1.1";
  keepAlive: boolean;
}

/** A response with a validated head, of which nothing is written yet. */
export interface Answer {
  head: string;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** For a stream: its promised length, or that it is chunked, or that it ends with the connection. */
  framing: number | "chunked" | "close";
  keepAlive: boolean;
}

/** @throws if HTTP cannot carry the response: a line break in a header would begin another response */
export function compose(response: HttpResponse, form: ResponseForm, lastLines: LastLines): Answer {
  const { status, headers, body } = response;
  const hasBody = !form.isHead && !isBodiless(status);
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  const promised = headers["content-length"];
  const framing = framingOf(response, hasBody && form.httpVersion === "1.1");
  if (isWhole && hasBody && promised !== undefined && Number(promised) !== framing)
    throw new Error(`An answer of ${promised} bytes has ${framing}`);

  let head = statusLine(status);
  if (isWhole && (hasBody || (form.isHead && promised === undefined && framing !== 0)))
    head += `content-length: ${framing}\r\n`;
  else if (framing === "chunked") head += "transfer-encoding: chunked\r\n";
  head += fieldLines(headers, isBodiless(status) || (hasBody && isWhole));
  const keepAlive = form.keepAlive && !(hasBody && framing === "close");
  head += lastLines(keepAlive, form.httpVersion);
  if (hasBody) return { head, body, framing, keepAlive };
  abandon(response);
  return { head, body: "", framing: 0, keepAlive };
}

function framingOf({ headers, body }: HttpResponse, canBeChunked: boolean): Answer["framing"] {
  if (typeof body === "string") return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  const promised = headers["content-length"];
  if (promised !== undefined) return Number(promised);
  return canBeChunked ? "chunked" : "close";
}

/** @param omitsLength whether `content-length` is already written or not allowed */
function fieldLines(headers: HttpResponse["headers"], omitsLength: boolean): string {
  let lines = "";
  for (const name in headers) {
    const opening = lineOpening(name);
    if (opening === "" || (omitsLength && name === "content-length")) continue;
    const value = headers[name]!;
    if (NOT_FIELD.test(value)) throw new Error(`The header ${name} has a character that HTTP cannot carry`);
    lines += `${opening}${value}\r\n`;
  }
  return lines;
}

/** Larger bodies are not copied behind their head, but written separately. */
const COPIED_BYTES = 16 * 1_024;

/** Writes a response: a complete body with one system call; a stream until the returned promise resolves. */
export function transmit(
  { head, body, framing }: Answer,
  socket: Writable,
  out: Outgoing,
): Promise<void> | undefined {
  if (typeof body === "string") {
    // Header values are Latin-1 and text is UTF-8; both can be one string as long as the text is ASCII.
    if (body.length === framing) out.write(socket, head + body);
    else writeBoth(socket, out, head, Buffer.from(body));
  } else if (body instanceof Uint8Array) {
    writeBoth(socket, out, head, body);
  } else {
    out.flush();
    return stream(head, body, framing, socket);
  }
}

function writeBoth(socket: Writable, out: Outgoing, head: string, body: Uint8Array): void {
  if (body.length <= COPIED_BYTES) {
    const both = Buffer.allocUnsafe(head.length + body.length);
    both.write(head, "latin1");
    both.set(body, head.length);
    out.write(socket, both);
  } else {
    out.flush();
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body);
    socket.uncork();
  }
}

async function stream(
  head: string,
  body: AsyncIterable<Uint8Array>,
  framing: Answer["framing"],
  socket: Writable,
): Promise<void> {
  // The head is sent with the first piece, but does not wait for it: an event stream may have no events yet.
  socket.cork();
  socket.write(head, "latin1");
  setImmediate(() => socket.uncork());
  const write = framing === "chunked" ? writeChunk : undefined;
  await writeBody(body, socket, typeof framing === "number" ? framing : undefined, write);
  if (framing === "chunked") socket.write("0\r\n\r\n", "latin1");
}

const writeChunk: WritePiece = (piece, socket, written) => {
  socket.cork();
  socket.write(`${piece.length.toString(16)}\r\n`, "latin1");
  socket.write(piece);
  socket.write("\r\n", "latin1", written);
  socket.uncork();
};

const NOT_FIELD = /[^\t\x20-\x7e\x80-\xff]/;

const statusLines: string[] = [];
const statusLine = (status: number) =>
  (statusLines[status] ??= `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`);

/** Hop-by-hop headers, which only the server may set. */
const OWN = ["connection", "date", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
const MAX_CACHED_NAMES = 1_000;
/** `name: `, validated once; empty for a header that handlers may not set. */
const lineOpenings = new Map(OWN.map((name) => [name, ""]));

function lineOpening(name: string): string {
  const cached = lineOpenings.get(name);
  if (cached !== undefined) return cached;
  if (name === "" || !isToken(name)) throw new Error(`${JSON.stringify(name)} is no name of a header`);
  const opening = OWN.includes(name.toLowerCase()) ? "" : `${name}: `;
  if (lineOpenings.size < MAX_CACHED_NAMES) lineOpenings.set(name, opening);
  return opening;
}

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false;
  return true;
}

/** The last lines of a head: the date, whether the connection is kept, and the empty line. */
export type LastLines = (keepAlive: boolean, httpVersion: ResponseForm["httpVersion"]) => string;

/**
 * Cached per second, since they are the same for every response. HTTP/1.1 keeps connections unless told
 * otherwise, and S3 does not say so: `connection` would shadow what fog names so in its objects.
 */
export function lastLines(keepAliveTimeout: number): LastLines {
  const seconds = Math.floor(keepAliveTimeout / 1_000);
  let second = -1;
  let keptLines = "";
  let keepAliveLines = "";
  let closeLines = "";
  return (keepAlive, httpVersion) => {
    const now = Math.floor(wallNow() / 1_000);
    if (now !== second) {
      second = now;
      const date = `date: ${new Date(now * 1_000).toUTCString()}\r\n`;
      keptLines = `${date}keep-alive: timeout=${seconds}\r\n\r\n`;
      keepAliveLines = `connection: keep-alive\r\n${keptLines}`;
      closeLines = `${date}connection: close\r\n\r\n`;
    }
    if (!keepAlive) return closeLines;
    return httpVersion === "1.1" ? keptLines : keepAliveLines;
  };
}
