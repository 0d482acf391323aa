/** A cache of decoded records and unsealed small bodies, by the text of their key. */
export interface Hot {
  get(text: string): unknown;
  /** @param bytes what it takes in the store, as a measure of what it takes here */
  set(text: string, record: unknown, bytes: number): void;
  delete(text: string): void;
}

/** Of one partition, in each of the two halves. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Larger ones are not cached: decoding them is cheap beside whatever else is done with them. */
const MAX_RECORD_BYTES = 8 * 1024;
/** Bytes of a record's entry besides the record itself. */
const OVERHEAD = 200;

/**
 * What is read moves to the newer half. When that is full it becomes the older one, and the former older one is dropped,
 * with all that nobody has read since.
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
