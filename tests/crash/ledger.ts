/** One version of an object, as its writer knows it. */
export interface Version {
  /** Unknown until its writer is told. */
  id?: string | undefined;
  /** Of its bytes; absent for a delete marker. */
  sha256?: string;
  /** Bytes of each part; of one that was sent whole there is one. */
  parts: readonly number[];
  /** It was completed from an upload in parts. */
  isCompleted?: true;
}

/** What a client knows of one key: by the answers that it got, and by the one it is waiting for. */
export interface Row {
  bucket: string;
  key: string;
  /** Newest first. */
  now: readonly Version[];
  /** What it will be if the operation in flight takes effect. */
  next?: readonly Version[] | undefined;
  upload?: Upload | undefined;
}

/** An upload in parts. */
export interface Upload {
  /** Unknown until its creation is answered. */
  id?: string;
  /** By their numbers; those in flight may be there or not. */
  parts: Map<number, Part>;
  /** Its end is in flight. */
  ending?: "complete" | "abort";
}

export interface Part {
  bytes: Buffer;
  /** Absent while it is in flight. */
  etag?: string;
}

/**
 * Sends an operation whose effect on the row is known beforehand. Where no answer comes, the row stays open: what
 * was, or what was asked for.
 * @param settle adds to what was asked for what only the answer tells
 */
export async function operate<Answer>(
  row: Row,
  next: readonly Version[],
  send: () => Promise<Answer>,
  settle: (answer: Answer) => readonly Version[] = () => next,
): Promise<void> {
  row.next = next;
  row.now = settle(await send());
  row.next = undefined;
}

/** What the answers so far leave in the store. */
export interface Kept {
  versions: number;
  uploads: number;
  /** Parts of uploads that are not completed. */
  parts: number;
  /** Bodies that are files of their own, and those that are small enough for a record. */
  files: number;
  bodies: number;
  /** Objects that were completed from parts. */
  manifests: number;
}

/** Bodies up to here stand in a record; empty ones nowhere. */
const INLINE_BYTES = 64 * 1024;

export function keptBy(rows: readonly Row[]): Kept {
  const versions = rows.flatMap(({ now }) => now);
  const uploads = rows.flatMap(({ upload }) => upload ?? []);
  const parts = uploads.flatMap((upload) => [...upload.parts.values()].map(({ bytes }) => bytes.length));
  const sizes = [...versions.flatMap((version) => version.parts), ...parts];
  return {
    versions: versions.length,
    uploads: uploads.length,
    parts: parts.length,
    files: sizes.filter((size) => size > INLINE_BYTES).length,
    bodies: sizes.filter((size) => size > 0 && size <= INLINE_BYTES).length,
    manifests: versions.filter((version) => version.isCompleted).length,
  };
}
