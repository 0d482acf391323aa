import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Bzip2Error, bunzipped } from "#lib/bzip2.ts";
import { notCompressed, truncated } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

type Chunks = AsyncIterable<Uint8Array>;

/**
 * Returns the decompressed content of an object.
 * @throws {AwsError} on reading, for content of another format
 */
export function decompressed(chunks: Chunks, compression: Parameters["compression"]): Chunks {
  if (compression === "GZIP") return gunzipped(chunks);
  return compression === "BZIP2" ? explaining(bunzipped(chunks)) : chunks;
}

async function* explaining(chunks: Chunks): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof Bzip2Error)) throw error;
    throw error.isTruncated ? truncated() : notCompressed("BZIP2");
  }
}

/** Decompresses a GZIP file, which has one or more members. */
async function* gunzipped(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  let failure: unknown;
  pipeline(Readable.from(copied(chunks), { objectMode: false }), gunzip, (error) => {
    failure = error;
  });
  try {
    yield* gunzip as Chunks;
  } catch (error) {
    throw explained(error);
  } finally {
    gunzip.destroy();
  }
  if (failure) throw explained(failure);
}

/** Copies chunks, since their memory may be reused before the stream reads them. */
async function* copied(chunks: Chunks): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

function explained(error: unknown): unknown {
  const { code, message = "" } = error as NodeJS.ErrnoException;
  if (!code?.startsWith("Z_")) return error;
  return message.includes("incorrect header") ? notCompressed("GZIP") : truncated();
}
