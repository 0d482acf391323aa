/** A version of an object, as known to its writer. */
export interface Version {
  /** Unknown until the writer receives it. */
  id?: string | undefined;
  /** The hash of its content; absent for a delete marker. */
  sha256?: string;
  /** The size of each part in bytes; a single one unless it was uploaded in parts. */
  parts: readonly number[];
  /** Set if it is the result of a multipart upload. */
  isCompleted?: true;
}

/** The state of one key as known to a client: from the responses so far, and the pending request. */
export interface Row {
  bucket: string;
  key: string;
  /** Newest first. */
  now: readonly Version[];
  /** The state if the pending operation takes effect. */
  next?: readonly Version[] | undefined;
  upload?: Upload | undefined;
}

/** A multipart upload. */
export interface Upload {
  /** Unknown until the response to its creation. */
  id?: string;
  /** The parts by number. Pending ones may exist or not. */
  parts: Map<number, Part>;
  /** The pending operation that ends it. */
  ending?: "complete" | "abort";
}

export interface Part {
  bytes: Buffer;
  /** Absent while the upload of the part is pending. */
  etag?: string;
}

/**
 * Sends an operation whose effect on the row is known beforehand. Without a response, the row keeps both possible states:
 * the former one and `next`.
 * @param settle adds to `next` what only the response contains
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

/** What the store must contain according to the responses so far. */
export interface ExpectedRows {
  versions: number;
  uploads: number;
  /** Parts of incomplete uploads. */
  parts: number;
  /** Bodies in separate files, and non-empty bodies that are small enough for a record. */
  files: number;
  bodies: number;
  /** Objects from multipart uploads. */
  manifests: number;
}

/** Bodies up to this size are stored in records; empty ones are not stored. */
const INLINE_BYTES = 64 * 1024;

export function expectedRows(rows: readonly Row[]): ExpectedRows {
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
