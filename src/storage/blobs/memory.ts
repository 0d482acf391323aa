import {
  BlobDamagedError,
  BlobMissingError,
  type BlobStore,
  type BlobWriter,
  type ReadOptions,
} from "./blobs.ts";
import { checkId, checkRange } from "./checks.ts";

const CHUNK_BYTES = 512 * 1024;

interface Blob {
  /** The id that it was written under. */
  id: string;
  bytes: Uint8Array;
  key: Uint8Array | undefined;
}

/**
 * Blobs in memory, for tests and ephemeral clouds. Nothing is encrypted, but reading a blob requires the key
 * that it was written with.
 */
export function openMemoryBlobs(): BlobStore {
  const blobs = new Map<string, Blob>();

  async function* read(
    blob: Blob | undefined,
    id: string,
    start: number,
    end: number,
    { key, original = id }: ReadOptions,
  ) {
    if (!blob) throw new BlobMissingError(id);
    if (!sameKey(blob.key, key)) throw new BlobDamagedError(`blob ${id}: it was not written with this key`);
    if (blob.id !== original) throw new BlobDamagedError(`blob ${id}: it was not written under this id`);
    const { bytes } = blob;
    checkRange(start, end, bytes.length);
    for (let at = start; at < end; at += CHUNK_BYTES)
      yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, end));
  }

  return {
    async create(id, { key } = {}) {
      checkId(id);
      return memoryWriter((bytes) => blobs.set(id, { id, bytes, key }));
    },
    read(id, start, end, options = {}) {
      checkId(id);
      return read(blobs.get(id), id, start, end, options);
    },
    async copy(id, to) {
      checkId(id);
      checkId(to);
      const blob = blobs.get(id);
      if (!blob) throw new BlobMissingError(id);
      blobs.set(to, blob);
    },
    async remove(id) {
      checkId(id);
      blobs.delete(id);
    },
    async close() {},
  };
}

function sameKey(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one && other ? Buffer.compare(one, other) === 0 : one === other;
}

function memoryWriter(store: (bytes: Uint8Array) => void): BlobWriter {
  let chunks: Uint8Array[] | undefined = [];
  return {
    async write(chunk) {
      if (!chunks) throw new Error("this blob is committed or aborted");
      chunks.push(chunk);
    },
    async commit() {
      if (!chunks) throw new Error("this blob is committed or aborted");
      store(Buffer.concat(chunks));
      chunks = undefined;
    },
    async abort() {
      chunks = undefined;
    },
  };
}
