/** Records decoded, and small bodies unsealed, by the text of their key: what is read often is not made again each time. */
export interface Hot {
  get(text: string): unknown;
  /** @param bytes what it takes in the store, as a measure of what it takes here */
  set(text: string, record: unknown, bytes: number): void;
  delete(text: string): void;
}

/** Of a partition, in each of two halves. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Larger ones are not kept: what it takes to make them again is little beside what else is done with them. */
const LARGEST = 8 * 1024;
/** What a record takes besides. */
const OVERHEAD = 200;

/**
 * Whatever is read moves to the newer half. When that is full it becomes the older one, and the former older one goes, with
 * all that nobody has read since.
 */
export function openHot(mostBytes = MOST_BYTES): Hot {
  let newer = new Map<string, { record: unknown; bytes: number }>();
  let older = new Map<string, { record: unknown; bytes: number }>();
  let bytes = 0;

  function keep(text: string, entry: { record: unknown; bytes: number }) {
    if (bytes > mostBytes) {
      older = newer;
      newer = new Map();
      bytes = 0;
    }
    newer.set(text, entry);
    bytes += entry.bytes;
  }

  return {
    get(text) {
      const known = newer.get(text);
      if (known) return known.record;
      const old = older.get(text);
      if (!old) return undefined;
      older.delete(text);
      keep(text, old);
      return old.record;
    },
    set(text, record, size) {
      if (size > LARGEST) return;
      keep(text, { record, bytes: size + text.length + OVERHEAD });
    },
    delete(text) {
      const known = newer.get(text);
      if (known) {
        newer.delete(text);
        bytes -= known.bytes;
      } else {
        older.delete(text);
      }
    },
  };
}
