import { hash } from "node:crypto";
import type { AwsError } from "#aws/errors.ts";
import { type ChunkSigning, chunkedDecoder, terminated } from "#aws/signature/aws-chunked.ts";
import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { hashing } from "#lib/checksums/hashing.ts";

/** A body that fails at its end unless its bytes have the SHA-256 that was signed. */
export function hashedBody(body: Body, sha256: string, mismatch: (computed: string) => AwsError): Body {
  const check = (computed: string) => {
    if (computed !== sha256.toLowerCase()) throw mismatch(computed);
  };
  return wrap(body, body.size, {
    async bytes(limit) {
      const bytes = await body.bytes(limit);
      check(hash("sha256", bytes, "hex"));
      return bytes;
    },
    async *stream() {
      const hashes = hashing(["sha256"]);
      try {
        for await (const chunk of body) {
          const full = hashes.update(chunk);
          if (full) await full;
          yield chunk;
        }
        check(Buffer.from((await hashes.digest()).sha256).toString("hex"));
      } finally {
        hashes.abort();
      }
    },
  });
}

export interface ChunkedFacts {
  decodedLength: number | undefined;
  announced: readonly string[];
  signing: ChunkSigning | undefined;
}

/**
 * The maximum difference between the framed and the decoded length: chunks have at least 8 KB, the trailer at
 * most 4 KB.
 */
const MAX_FRAMING_BYTES = 64 * 1024;

/** Decodes aws-chunked framing. The end of the body checks framing, length, chunk signatures and trailers. */
export function chunkedBody(body: Body, { decodedLength, announced, signing }: ChunkedFacts): Body {
  const trailers: Record<string, string> = {};
  const decoder = chunkedDecoder({ decodedLength, announced, signing });
  /**
   * Where the declared length of the content is within the limit, an excess means that the framing is wrong.
   */
  async function framed(limit: number): Promise<Uint8Array> {
    try {
      return await body.bytes(limit + MAX_FRAMING_BYTES);
    } catch (error) {
      const isMisframed = error instanceof BodyTooLargeError && (decodedLength ?? limit + 1) <= limit;
      throw isMisframed ? terminated() : error;
    }
  }
  const decoded = wrap(body, decodedLength, {
    async bytes(limit) {
      const parts = decoder.push(await framed(limit));
      Object.assign(trailers, decoder.end());
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
    async *stream() {
      for await (const bytes of body) yield* decoder.push(bytes);
      Object.assign(trailers, decoder.end());
    },
  });
  return { ...decoded, announced, trailers };
}

interface Reading {
  bytes(limit: number): Promise<Uint8Array>;
  stream(): AsyncGenerator<Uint8Array>;
}

function wrap(body: Body, size: number | undefined, { bytes, stream }: Reading): Body {
  return { size, announced: body.announced, trailers: body.trailers, bytes, [Symbol.asyncIterator]: stream };
}
