import { type ChecksumName, checksum } from "./checksum.ts";
import { type RemoteHashing, remoteHashing } from "./hash-pool.ts";

/** Several checksums of one stream at once. */
export interface Hashing<Name extends ChecksumName> {
  /**
   * Takes the next bytes, which must not change until the digest is there. A promise asks the caller to wait
   * before the next call.
   */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Call it once, last. */
  digest(): Promise<Record<Name, Uint8Array>>;
  /** Ends it without a result. Also fine after the digest, and after a failure. */
  abort(): void;
}

/**
 * Bodies up to so many bytes are hashed where they are: it takes less than half a millisecond of MD5. For longer
 * ones a worker does it, while the event loop goes on.
 */
const INLINE_BYTES = 256 * 1024;
/** Tiny pieces are not collected without end, either: each may hold a larger buffer in memory. */
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
