/** A cache of decoded records and unsealed small bodies, by the text of their key. */
export interface Hot {
  get(text: string): unknown;
  /** @param bytes the size in the store, as an estimate of the size in memory */
  set(text: string, record: unknown, bytes: number): void;
  delete(text: string): void;
}

/** The size of each half, per partition. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Larger records are not cached: decoding them is cheap compared to the rest of their processing. */
const MAX_RECORD_BYTES = 8 * 1024;
/** Bytes of a cache entry in addition to the record. */
const OVERHEAD = 200;

/**
 * A record that is read moves to the newer half. When that is full it becomes the older half, and the
 * previous older half is dropped, with all records that have not been read since.
 */
export function openHot(maxBytes = MAX_BYTES): Hot {
  let newer = new Map<string, { record: unknown; bytes: number }>();
  let older = new Map<string, { record: unknown; bytes: number }>();
  let bytes = 0;

  function keep(text: string, entry: { record: unknown; bytes: number }) {
    if (bytes > maxBytes) {
      older = newer;
      newer = new Map();
      bytes = 0;
    }
    newer.set(text, entry);
    bytes += entry.bytes;
  }

  return {
    get(text) {
      const recent = newer.get(text);
      if (recent) return recent.record;
      const old = older.get(text);
      if (!old) return undefined;
      older.delete(text);
      keep(text, old);
      return old.record;
    },
    set(text, record, size) {
      if (size > MAX_RECORD_BYTES) return;
      keep(text, { record, bytes: size + text.length + OVERHEAD });
    },
    delete(text) {
      const recent = newer.get(text);
      if (recent) {
        newer.delete(text);
        bytes -= recent.bytes;
      } else {
        older.delete(text);
      }
    },
  };
}
