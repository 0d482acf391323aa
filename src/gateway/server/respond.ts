import type { Writable } from "node:stream";
import type { HttpRequest, HttpResponse, Serving } from "./http.ts";
import { ClientGoneError } from "./request-body.ts";

/** Statuses that have no body, and no headers that describe one (RFC 9110, 8.6). */
export const isBodiless = (status: number): boolean => status === 204 || status === 304;

/**
 * An error response of the server itself, before the service is known. Most clients can parse S3's error
 * document, and the others print it.
 */
export function plainError(status: number, code: string, message: string): HttpResponse & { body: string } {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

export const internalFailure = () =>
  plainError(500, "InternalFailure", "We encountered an internal error. Please try again.");

/** The handler's response. A rejection is reported, and answered without details. */
export async function answerTo(request: HttpRequest, serving: Serving): Promise<HttpResponse> {
  try {
    return await serving.handle(request);
  } catch (error) {
    return answerToFailure(error, serving);
  }
}

export function answerToFailure(error: unknown, { report }: Serving): HttpResponse {
  // A client that has closed one direction of its connection may still read the response.
  if (error instanceof ClientGoneError) return malformed();
  report(error);
  return internalFailure();
}

export const malformed = () =>
  plainError(400, "BadRequest", "An error occurred when parsing the HTTP request.");

/** Releases the body of a response that cannot be sent. */
export function abandon({ body }: HttpResponse): void {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  Promise.resolve(body[Symbol.asyncIterator]().return?.()).catch(() => {});
}

/** Writes a piece, and calls back when the operating system has taken it, or never will. */
export type WritePiece = (piece: Uint8Array, out: Writable, written: (error?: unknown) => void) => void;

/**
 * Writes a streamed body no faster than the client reads it; the caller ends it. The next piece is requested
 * only when the last one has been written, because the source may reuse its memory.
 *
 * Throws on any failure. The caller must then break the connection: after a regular end, the client would
 * take half a response for a complete one. When the client disconnects, the iterator's `return()` is called.
 * @param expected the promised Content-Length, if any
 */
export async function writeBody(
  body: AsyncIterable<Uint8Array>,
  out: Writable,
  expected: number | undefined,
  write: WritePiece = (piece, to, written) => to.write(piece, written),
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  const release = () => void Promise.resolve(iterator.return?.()).catch(() => {});
  out.once("close", release);
  let sent = 0;
  try {
    for (;;) {
      if (out.destroyed) throw new ClientGoneError("The client went away before its answer was complete");
      const { done, value } = await iterator.next();
      if (done) break;
      sent += value.length;
      if (expected !== undefined && sent > expected) break;
      if (value.length > 0) await settled(out, (written) => write(value, out, written));
    }
    if (expected !== undefined && sent !== expected) {
      throw new Error(`An answer of ${expected} bytes has ${sent > expected ? "more" : `only ${sent}`}`);
    }
  } catch (error) {
    release();
    throw error;
  } finally {
    out.off("close", release);
  }
}

/** Resolves when the write is done or can no longer happen. */
function settled(out: Writable, start: (written: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      out.off("close", settle);
      resolve();
    };
    out.once("close", settle);
    start(settle);
  });
}
