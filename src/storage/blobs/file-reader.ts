import { fstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { BlobDamagedError, BlobMissingError } from "./blobs.ts";
import { checkRange } from "./checks.ts";
import {
  decodeFooter,
  type Footer,
  FRAME_BYTES,
  type FrameCodec,
  footerStart,
  openFrames,
} from "./frames.ts";

/**
 * Large, because every chunk costs calls on its way from the disk and through the socket. A reader holds two
 * or three.
 */
const CHUNK_BYTES = 32 * FRAME_BYTES;
/**
 * The bytes of one chunk of every open reader. Many readers get smaller chunks: a client may ask for hundreds of large
 * bodies on one connection, and read or reset them as it likes.
 */
const CHUNKS_BYTES = 16 * CHUNK_BYTES;
let openReaders = 0;

/** A power of two, as lent buffers are. */
const chunkBytes = (): number =>
  Math.min(CHUNK_BYTES, Math.max(FRAME_BYTES, 2 ** Math.floor(Math.log2(CHUNKS_BYTES / openReaders))));

/** Files up to this size are read with a single call, because each call runs on another thread. */
const SMALL_BYTES = 8 * FRAME_BYTES;

/**
 * Reads a file that is opened at the first pull, since an object of ten thousand parts may have as many
 * readers waiting. `release` is called once the name is no longer needed; an open file stays readable without
 * it. A reader that is garbage collected before its end releases the name and closes the file.
 */
export function openReader(path: string, release: () => void, range: BlobRange) {
  const source = fileSource(path, release);
  const chunks = verifiedChunks(source, range);
  let pulled = false;

  const reader: AsyncIterableIterator<Uint8Array, undefined> = {
    next() {
      pulled = true;
      pulling.add(reader);
      return chunks.next().finally(() => pulling.delete(reader));
    },
    async return() {
      if (!pulled) await source.close(); // a generator that never began runs no `finally`
      return chunks.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  dropped.register(reader, source);
  return reader;
}

interface BlobRange {
  id: string;
  /** The id that it was written under, which its footer's mark covers. */
  original: string;
  start: number;
  end: number;
  buffers: Buffers;
  codec: FrameCodec;
}

/** Allocates the memory of chunks. */
interface Buffers {
  take(length: number): Buffer;
  /** The buffer is no longer in use. */
  giveBack(buffer: Buffer): void;
}

/** Allocates every chunk anew, so that consumers may keep them. */
export const ownBuffers: Buffers = { take: (length) => Buffer.allocUnsafeSlow(length), giveBack: () => {} };

/**
 * Free buffers by size, which is a power of two plus room for a footer, so that a small body does not take
 * the memory of a large one. The most recently returned size comes last.
 */
const spare = new Map<number, Buffer[]>();
const FOOTER_ROOM = 4_096;
/** Enough for eight concurrent readers of large bodies; beyond that, memory is allocated anew. */
const MAX_SPARE_BYTES = 16 * (CHUNK_BYTES + FOOTER_ROOM);
let spareBytes = 0;

export const lentBuffers: Buffers = {
  take(length) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(length - FOOTER_ROOM, FRAME_BYTES))) + FOOTER_ROOM;
    const buffer = spare.get(size)?.pop();
    if (buffer) spareBytes -= size;
    return (buffer ?? Buffer.allocUnsafeSlow(size)).subarray(0, length);
  },
  giveBack({ buffer }) {
    const size = buffer.byteLength;
    const ofSize = spare.get(size) ?? [];
    spare.delete(size);
    spare.set(size, ofSize);
    while (spareBytes + size > MAX_SPARE_BYTES) if (!dropOther(size)) return;
    spareBytes += size;
    ofSize.push(Buffer.from(buffer));
  },
};

/** Makes room by dropping a buffer of another size, the least recently returned one. */
function dropOther(size: number): boolean {
  for (const [other, buffers] of spare) {
    if (other === size || !buffers.pop()) continue;
    spareBytes -= other;
    return true;
  }
  return false;
}

/** Frees the unused buffers. Buffers that are in use are kept when they are returned. */
export function releaseSpareMemory(): void {
  spare.clear();
  spareBytes = 0;
}

interface Source {
  open(): Promise<FileHandle>;
  close(): Promise<void>;
}

/**
 * Separate from the reader, so that the finalization registry, which holds the source, does not keep the
 * reader alive.
 */
function fileSource(path: string, release: () => void): Source {
  let opening: Promise<FileHandle> | undefined;
  return {
    open() {
      openReaders++;
      opening = open(path, "r").finally(release);
      return opening;
    },
    async close() {
      release();
      if (!opening) return;
      const opened = opening;
      opening = undefined;
      openReaders--;
      await opened.then((file) => file.close()).catch(ignore);
    },
  };
}

/**
 * Readers with a pending pull: a consumer need not hold the reader while it waits, so it is kept alive here
 * until the chunk arrives.
 */
const pulling = new Set<object>();
const dropped = new FinalizationRegistry((source: Source) => void source.close());
const ignore = () => {};

/** Reads one chunk ahead of the consumer, so that disk and consumer work in parallel. */
async function* verifiedChunks(
  source: Source,
  { id, original, start, end, buffers, codec }: BlobRange,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let ahead: Promise<Buffer> | undefined;
  /** The consumer's last chunk. Requesting the next one releases it. */
  let handedOut: Buffer | undefined;
  try {
    const file = await source.open().catch((error) => {
      throw error.code === "ENOENT" ? new BlobMissingError(id) : error;
    });
    const { footer, whole } = await readFooter(file, { id, original, codec, buffers });
    checkRange(start, end, footer.size);
    const last = Math.min(Math.ceil(end / FRAME_BYTES) * FRAME_BYTES, footer.size);

    const readAhead = (from: number): Promise<Buffer> | undefined => {
      if (from >= last) return undefined;
      if (whole) return Promise.resolve(whole.subarray(from, last));
      const reading = readFully(file, from, buffers.take(Math.min(chunkBytes(), last - from)), id);
      reading.catch(ignore); // seen when its turn comes
      return reading;
    };

    let at = start === end ? last : start - (start % FRAME_BYTES);
    for (ahead = readAhead(at); ahead; ) {
      const bytes: Buffer = await ahead;
      if (handedOut) buffers.giveBack(handedOut);
      ahead = readAhead(at + bytes.length);
      const damaged = openFrames(bytes, at / FRAME_BYTES, footer, codec);
      if (damaged !== undefined)
        throw new BlobDamagedError(`blob ${id}: frame ${damaged} is not as it was written`);
      handedOut = bytes;
      yield bytes.subarray(Math.max(start - at, 0), end - at);
      at += bytes.length;
    }
    if (handedOut) buffers.giveBack(handedOut);
  } finally {
    await ahead?.catch(ignore);
    await source.close();
  }
}

/** Reads the footer, and for a small file the whole content with the same call. */
async function readFooter(
  file: FileHandle,
  { id, original, codec, buffers }: Omit<BlobRange, "start" | "end">,
): Promise<{ footer: Footer; whole: Buffer | undefined }> {
  const { size: fileBytes } = fstatSync(file.fd); // in memory since the file was opened, so asynchronous I/O would only be slower
  const start = footerStart(fileBytes, codec);
  if (start !== undefined) {
    const isSmall = fileBytes <= SMALL_BYTES;
    const from = isSmall ? 0 : start;
    const memory = isSmall ? buffers.take(fileBytes) : Buffer.allocUnsafeSlow(fileBytes - start);
    const bytes = await readFully(file, from, memory, id);
    const footer = decodeFooter(bytes.subarray(start - from), original, codec);
    if (footer?.size === start) return { footer, whole: isSmall ? bytes : undefined };
  }
  throw new BlobDamagedError(`blob ${id}: its footer is not as it was written`);
}

async function readFully(file: FileHandle, from: number, bytes: Buffer, id: string): Promise<Buffer> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) throw new BlobDamagedError(`blob ${id}: its file ends too early`);
    done += bytesRead;
  }
  return bytes;
}
