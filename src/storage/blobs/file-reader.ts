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

/** Large, since every chunk costs calls on its way from the disk and through the socket. A reader holds two or three. */
const CHUNK_BYTES = 32 * FRAME_BYTES;
/** Files that are read at once: each reading is a trip to a thread. */
const SMALL_BYTES = 8 * FRAME_BYTES;

/**
 * Reads a file that is opened at the first pull: an object of ten thousand parts may have as many readers waiting.
 * `release` is called once the name is not needed any more, since an open file outlives its name. A reader that is
 * dropped before its end releases and closes when it is collected.
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
  start: number;
  end: number;
  buffers: Buffers;
  codec: FrameCodec;
}

/** Where the memory of chunks comes from. */
interface Buffers {
  take(length: number): Buffer;
  /** Nobody looks at it any more. */
  giveBack(buffer: Buffer): void;
}

/** Each chunk is its consumer's for good. */
export const ownBuffers: Buffers = { take: (length) => Buffer.allocUnsafeSlow(length), giveBack: () => {} };

/**
 * By size, a power of two and room for a footer: whoever reads a small body must not take the memory of a large one. The
 * size that was given back last is last.
 */
const spare = new Map<number, Buffer[]>();
const FOOTER_ROOM = 4_096;
/** Enough for eight readers of large bodies at a time; beyond that memory is made anew. */
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

/** Makes room at the cost of another size, the one that was given back longest ago. */
function dropOther(size: number): boolean {
  for (const [other, buffers] of spare) {
    if (other === size || !buffers.pop()) continue;
    spareBytes -= other;
    return true;
  }
  return false;
}

/** When work has ended. What is lent out then comes back and stays. */
export function releaseSpareMemory(): void {
  spare.clear();
  spareBytes = 0;
}

interface Source {
  open(): Promise<FileHandle>;
  close(): Promise<void>;
}

/** Apart from the reader, so that the registry, which holds the source, does not hold the reader through it. */
function fileSource(path: string, release: () => void): Source {
  let opening: Promise<FileHandle> | undefined;
  return {
    open() {
      opening = open(path, "r").finally(release);
      return opening;
    },
    async close() {
      release();
      await opening?.then((file) => file.close()).catch(ignore);
    },
  };
}

/** Whoever waits for a chunk need not hold the reader meanwhile: it is not dropped before the chunk is there. */
const pulling = new Set<object>();
const dropped = new FinalizationRegistry((source: Source) => void source.close());
const ignore = () => {};

/** Reads one chunk ahead of the consumer, so that the disk works while the consumer sends. */
async function* verifiedChunks(
  source: Source,
  { id, start, end, buffers, codec }: BlobRange,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let ahead: Promise<Buffer> | undefined;
  /** What the consumer had; by asking for the next chunk it says that it needs this one no more. */
  let handedOut: Buffer | undefined;
  try {
    const file = await source.open().catch((error) => {
      throw error.code === "ENOENT" ? new BlobMissingError(id) : error;
    });
    const { footer, whole } = await readFooter(file, id, codec, buffers);
    checkRange(start, end, footer.size);
    const last = Math.min(Math.ceil(end / FRAME_BYTES) * FRAME_BYTES, footer.size);

    const readAhead = (from: number): Promise<Buffer> | undefined => {
      if (from >= last) return undefined;
      if (whole) return Promise.resolve(whole.subarray(from, last));
      const reading = readFully(file, from, buffers.take(Math.min(CHUNK_BYTES, last - from)), id);
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

/** The footer; and the whole file where it is so small that one reading brings both. */
async function readFooter(
  file: FileHandle,
  id: string,
  codec: FrameCodec,
  buffers: Buffers,
): Promise<{ footer: Footer; whole: Buffer | undefined }> {
  const { size: fileBytes } = fstatSync(file.fd); // at hand since the file was opened: not worth a thread
  const start = footerStart(fileBytes, codec);
  if (start !== undefined) {
    const isSmall = fileBytes <= SMALL_BYTES;
    const from = isSmall ? 0 : start;
    const memory = isSmall ? buffers.take(fileBytes) : Buffer.allocUnsafeSlow(fileBytes - start);
    const bytes = await readFully(file, from, memory, id);
    const footer = decodeFooter(bytes.subarray(start - from), id, codec);
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
