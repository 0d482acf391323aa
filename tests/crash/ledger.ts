/** One version of an object, as its writer knows it. */
export interface Version {
  /** Unknown until its writer is told. */
  id?: string | undefined;
  /** Of its bytes; absent for a delete marker. */
  sha256?: string;
  size: number;
  /** Parts of it that are too large for a record: so many files. */
  files: number;
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

/** Bodies up to here stand in a record. */
const INLINE_BYTES = 64 * 1024;

export const filesOf = (...sizes: number[]): number => sizes.filter((size) => size > INLINE_BYTES).length;

/** Files that the answers so far leave on the disk. */
export function filesIn(rows: Iterable<Row>): number {
  let files = 0;
  for (const { now, upload } of rows) {
    for (const version of now) files += version.files;
    for (const { bytes } of upload?.parts.values() ?? []) files += filesOf(bytes.length);
  }
  return files;
}
