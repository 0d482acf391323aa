import { BlobMissingError, type BlobStore, type BlobWriter } from "./blobs.ts";
import { checkId, checkRange } from "./checks.ts";

const CHUNK_BYTES = 512 * 1024;

/** Blobs that live as long as the process: for tests, and for a cloud that is thrown away. */
export function openMemoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();

  async function* read(bytes: Uint8Array | undefined, id: string, start: number, end: number) {
    if (!bytes) throw new BlobMissingError(id);
    checkRange(start, end, bytes.length);
    for (let at = start; at < end; at += CHUNK_BYTES)
      yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, end));
  }

  return {
    async create(id) {
      checkId(id);
      return memoryWriter((bytes) => blobs.set(id, bytes));
    },
    read(id, start, end) {
      checkId(id);
      return read(blobs.get(id), id, start, end);
    },
    async remove(id) {
      checkId(id);
      blobs.delete(id);
    },
    async close() {},
  };
}

function memoryWriter(keep: (bytes: Uint8Array) => void): BlobWriter {
  let chunks: Uint8Array[] | undefined = [];
  return {
    async write(chunk) {
      if (!chunks) throw new Error("this blob is committed or aborted");
      chunks.push(chunk);
    },
    async commit() {
      if (!chunks) throw new Error("this blob is committed or aborted");
      keep(Buffer.concat(chunks));
      chunks = undefined;
    },
    async abort() {
      chunks = undefined;
    },
  };
}
