import { type ChecksumName, checksum } from "./checksum.ts";
import { type RemoteHashing, remoteHashing } from "./hash-pool.ts";

/** Computes several checksums of one stream. */
export interface Hashing<Name extends ChecksumName> {
  /**
   * Adds bytes, which must not change until the digest is available. If a promise is returned, the caller
   * must wait for it before the next call.
   */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Returns the digests. Must be called once, at the end. */
  digest(): Promise<Record<Name, Uint8Array>>;
  /** Ends it without a result. May also be called after the digest or a failure. */
  abort(): void;
}

/**
 * Bodies up to this size are hashed on the calling thread, which takes less than half a millisecond of MD5.
 * Longer ones are hashed by a worker, so that the event loop is not blocked.
 */
const INLINE_BYTES = 256 * 1024;
/** The number of collected chunks is bounded as well, because each may keep a larger buffer in memory. */
const INLINE_CHUNKS = 64;

export function hashing<Name extends ChecksumName>(names: readonly Name[]): Hashing<Name> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  let aborted = false;
  let remote: RemoteHashing | undefined;

  return {
    update(chunk) {
      if (remote) return remote.update(chunk);
      pending.push(chunk);
      bytes += chunk.length;
      if (bytes <= INLINE_BYTES && pending.length <= INLINE_CHUNKS) return undefined;
      remote = remoteHashing(names);
      return remote.update(...pending.splice(0));
    },

    async digest() {
      if (remote) return (await remote.digest()) as Record<Name, Uint8Array>;
      if (aborted) throw new Error("the hashing was aborted");
      return digestOf(names, pending);
    },

    abort() {
      aborted = true;
      pending = [];
      remote?.abort();
    },
  };
}

function digestOf<Name extends ChecksumName>(names: readonly Name[], chunks: Uint8Array[]) {
  const digests = names.map((name) => {
    const sum = checksum(name);
    for (const chunk of chunks) sum.update(chunk);
    return [name, sum.digest()];
  });
  return Object.fromEntries(digests) as Record<Name, Uint8Array>;
}
