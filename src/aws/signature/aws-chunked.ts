/**
 * The `aws-chunked` body: S3's own framing inside the HTTP body, with optional chunk signatures and trailers.
 *
 *     10000;chunk-signature=ad80…\r\n <65,536 bytes> \r\n … 0;chunk-signature=b6c6…\r\n x-amz-checksum-crc32c:sOO8/Q==\r\n \r\n
 */
import { createHash, type Hash, hash } from "node:crypto";
import { AwsError } from "#aws/errors.ts";
import { signatureDoesNotMatch } from "./errors.ts";
import { ALGORITHM, EMPTY_HASH, isOfHmac, type Scope, scopeText, signs, type VerifyingKey } from "./sigv4.ts";
import { ASYMMETRIC, withoutPadding } from "./sigv4a.ts";

export interface ChunkedOptions {
  /** `x-amz-decoded-content-length`. */
  decodedLength?: number;
  /** Lower-case names in `x-amz-trailer`: these trailers must be sent, and no others. */
  announced: readonly string[];
  /** Absent for `STREAMING-UNSIGNED-PAYLOAD-TRAILER`, and if signatures are not to be verified. */
  signing?: ChunkSigning;
}

/** The start of the chain of chunk signatures: the signature of the request's headers. */
export interface ChunkSigning {
  key: VerifyingKey;
  scope: Scope;
  amzDate: string;
  accessKeyId: string;
  seed: string;
  /** Whether the trailer is signed as well: `…-PAYLOAD-TRAILER`. */
  trailer: boolean;
}

export interface ChunkedDecoder {
  /**
   * Decodes bytes; returns views into `bytes`. They are returned before their chunk's signature is verified:
   * nothing may be kept before {@link end} has returned.
   * @throws {AwsError} 4xx; the decoder cannot be used afterwards
   */
  push(bytes: Uint8Array): Uint8Array[];
  /**
   * Called at the end of the input.
   * @returns the trailers with lower-case names, without the signature
   * @throws {AwsError} 4xx if the input is incomplete or has a different length, or if trailers are missing
   * or unsigned
   */
  end(): Record<string, string>;
}

/** Far more than a size and a signature need. */
const MAX_HEADER_BYTES = 1_024;
/** A checksum and a signature need about 150 bytes. */
const MAX_TRAILER_BYTES = 4_096;
const MIN_CHUNK_BYTES = 8_192;
const CR = 13;
const LF = 10;

export function chunkedDecoder({ decodedLength, announced, signing }: ChunkedOptions): ChunkedDecoder {
  let state: "header" | "data" | "data-end" | "trailer" = "header";
  /** An incomplete header line, or the trailer so far. */
  let text = "";
  let remaining = 0;
  let decoded = 0;
  let chunks = 0;
  let chunkSize = 0;
  let chunkSignature = "";
  let previous = signing?.seed ?? "";
  /** The hash of a chunk that arrived in pieces; a complete chunk is hashed at once. */
  let partial: Hash | undefined;
  let digest = EMPTY_HASH;
  const algorithm = !signing || isOfHmac(signing.key) ? ALGORITHM : ASYMMETRIC;
  const header = signing ? SIGNED_HEADERS[algorithm] : UNSIGNED_HEADER;

  function startChunk(line: string): void {
    const match = header.exec(line);
    if (match === null) throw terminated();
    const size = Number.parseInt(match[1]!, 16);
    chunks += 1;
    if (size > 0 && chunks > 1 && chunkSize < MIN_CHUNK_BYTES) throw chunkTooSmall(chunks, chunkSize);
    decoded += size;
    if (decodedLength !== undefined && decoded > decodedLength) throw wrongLength(decodedLength, decoded);
    chunkSize = remaining = size;
    chunkSignature = match[2] ?? "";
    digest = EMPTY_HASH;
    partial = undefined;
    state = size > 0 ? "data" : "trailer";
    if (size === 0 && signing !== undefined) checkChunk(signing);
  }

  function checkChunk(by: ChunkSigning): void {
    check(
      by,
      `${algorithm}-PAYLOAD\n${by.amzDate}\n${scopeText(by.scope)}\n${previous}\n${EMPTY_HASH}\n${digest}`,
      chunkSignature,
    );
    previous = chunkSignature;
  }

  function takeData(piece: Uint8Array): void {
    remaining -= piece.length;
    if (signing !== undefined) {
      if (piece.length === chunkSize) digest = hash("sha256", piece, "hex");
      else {
        partial ??= createHash("sha256");
        partial.update(piece);
        if (remaining === 0) digest = partial.digest("hex");
      }
    }
    if (remaining > 0) return;
    if (signing !== undefined) checkChunk(signing);
    state = "data-end";
    text = "";
  }

  /** Reads up to the end of the line, or all bytes; the line break may be split. */
  function takeLine(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LF, from);
    const stop = end < 0 ? bytes.length : end;
    if (text.length + stop - from > MAX_HEADER_BYTES) throw terminated();
    text += latin1(bytes, from, stop);
    if (end < 0) return stop;
    if (!text.endsWith("\r")) throw terminated();
    const line = text.slice(0, -1);
    text = "";
    startChunk(line);
    return end + 1;
  }

  /** Reads the CRLF after a chunk's data. */
  function takeDataEnd(bytes: Uint8Array, from: number): number {
    let at = from;
    if (text === "") {
      if (bytes[at] !== CR) throw terminated();
      text = "\r";
      at += 1;
    }
    if (at === bytes.length) return at;
    if (bytes[at] !== LF) throw terminated();
    text = "";
    state = "header";
    return at + 1;
  }

  return {
    push(bytes) {
      const out: Uint8Array[] = [];
      let at = 0;
      while (at < bytes.length) {
        if (state === "data") {
          const piece = bytes.subarray(at, at + remaining);
          at += piece.length;
          takeData(piece);
          out.push(piece);
        } else if (state === "header") at = takeLine(bytes, at);
        else if (state === "data-end") at = takeDataEnd(bytes, at);
        else {
          if (text.length + bytes.length - at > MAX_TRAILER_BYTES) throw malformedTrailer();
          text += latin1(bytes, at, bytes.length);
          at = bytes.length;
        }
      }
      return out;
    },

    end() {
      if (state !== "trailer") throw terminated();
      if (decodedLength !== undefined && decoded !== decodedLength) throw wrongLength(decodedLength, decoded);
      const { trailers, canonical, signature } = parseTrailer(text);
      if (signing?.trailer === true) {
        const { amzDate, scope } = signing;
        const digest = hash("sha256", Buffer.from(canonical, "latin1"), "hex");
        check(
          signing,
          `${algorithm}-TRAILER\n${amzDate}\n${scopeText(scope)}\n${previous}\n${digest}`,
          signature,
        );
      }
      const names = Object.keys(trailers);
      const complete =
        names.length === announced.length && announced.every((name) => Object.hasOwn(trailers, name));
      if (!complete) throw malformedTrailer();
      return trailers;
    },
  };
}

/** Signatures that need not be verified are ignored. */
const UNSIGNED_HEADER = /^([0-9a-fA-F]{1,12})(?:;[\x20-\x7e]*)?$/;
const SIGNED_HEADERS = {
  [ALGORITHM]: /^([0-9a-fA-F]{1,12});chunk-signature=([0-9a-f]{64})$/,
  [ASYMMETRIC]: /^([0-9a-fA-F]{1,12});chunk-signature=([0-9a-f]{1,144})\*{0,144}$/,
};

const latin1 = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");

/**
 * Parses the lines after the last chunk. Clients end them with LF or CRLF, and may put an empty line before
 * the signature or two at the end, so empty lines are ignored.
 */
function parseTrailer(text: string) {
  const trailers: Record<string, string> = {};
  let canonical = "";
  let signature = "";
  for (const line of text.split("\n")) {
    const bare = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (bare === "") continue;
    const match = /^([A-Za-z0-9-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(bare);
    if (match === null) throw malformedTrailer();
    const name = match[1]!.toLowerCase();
    const value = match[2]!.trim();
    if (name === "x-amz-trailer-signature") {
      signature = withoutPadding(value);
      continue;
    }
    if (Object.hasOwn(trailers, name)) throw malformedTrailer();
    trailers[name] = value;
    canonical += `${name}:${value}\n`;
  }
  return { trailers, canonical, signature };
}

function check(by: ChunkSigning, stringToSign: string, signature: string): void {
  if (signs(by.key, stringToSign, signature)) return;
  throw signatureDoesNotMatch("s3", { accessKeyId: by.accessKeyId, signature, stringToSign });
}

/** The error for invalid framing. */
export const terminated = () => new AwsError("IncompleteBody", "The request body terminated unexpectedly");

const wrongLength = (expected: number, provided: number) =>
  new AwsError(
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    { members: { NumberBytesExpected: expected, NumberBytesProvided: provided } },
  );

const malformedTrailer = () =>
  new AwsError(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );

/** S3 detects this at the header of the next chunk, and reports that chunk's number. */
const chunkTooSmall = (chunk: number, size: number) =>
  new AwsError(
    "InvalidChunkSizeError",
    "Only the last chunk is allowed to have a size less than 8192 bytes",
    {
      members: { Chunk: chunk, BadChunkSize: size },
    },
  );
