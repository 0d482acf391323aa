import { fstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { BlobDamagedError, BlobMissingError } from "./blobs.ts";
import { checkRange } from "./checks.ts";
import { damagedFrame, decodeFooter, type Footer, FRAME_BYTES, footerStart } from "./frames.ts";

/** Large, since every chunk costs calls on its way from the disk and through the socket. A reader holds two or three. */
const CHUNK_BYTES = 16 * FRAME_BYTES;

/**
 * Reads a file that is opened at the first pull: an object of ten thousand parts may have as many readers waiting.
 * `release` is called once the name is not needed any more, since an open file outlives its name. A reader that is
 * dropped before its end releases and closes when it is collected.
 */
export function openReader(path: string, release: () => void, id: string, start: number, end: number) {
  const source = fileSource(path, release);
  const chunks = verifiedChunks(source, id, start, end);
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
  id: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let ahead: Promise<Buffer> | undefined;
  try {
    const file = await source.open().catch((error) => {
      throw error.code === "ENOENT" ? new BlobMissingError(id) : error;
    });
    const footer = await readFooter(file, id);
    checkRange(start, end, footer.size);
    const last = Math.min(Math.ceil(end / FRAME_BYTES) * FRAME_BYTES, footer.size);

    const readAhead = (from: number): Promise<Buffer> | undefined => {
      if (from >= last) return undefined;
      const reading = readFully(file, from, Math.min(CHUNK_BYTES, last - from), id);
      reading.catch(ignore); // seen when its turn comes
      return reading;
    };

    let at = start === end ? last : start - (start % FRAME_BYTES);
    for (ahead = readAhead(at); ahead; ) {
      const bytes: Buffer = await ahead;
      ahead = readAhead(at + bytes.length);
      const damaged = damagedFrame(bytes, at / FRAME_BYTES, footer);
      if (damaged !== undefined)
        throw new BlobDamagedError(`blob ${id}: frame ${damaged} is not as it was written`);
      yield bytes.subarray(Math.max(start - at, 0), end - at);
      at += bytes.length;
    }
  } finally {
    await ahead?.catch(ignore);
    await source.close();
  }
}

async function readFooter(file: FileHandle, id: string): Promise<Footer> {
  const { size: fileBytes } = fstatSync(file.fd); // at hand since the file was opened: not worth a thread
  const start = footerStart(fileBytes);
  if (start !== undefined) {
    const footer = decodeFooter(await readFully(file, start, fileBytes - start, id), id);
    if (footer?.size === start) return footer;
  }
  throw new BlobDamagedError(`blob ${id}: its footer is not as it was written`);
}

async function readFully(file: FileHandle, from: number, length: number, id: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new BlobDamagedError(`blob ${id}: its file ends too early`);
    done += bytesRead;
  }
  return bytes;
}
