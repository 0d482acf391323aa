import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { BlobWriter } from "./blobs.ts";
import { type FrameCodec, frameWriter } from "./frames.ts";

/** Bytes, and chunks, that are collected before they are written with one call. */
const GATHERED_BYTES = 1024 * 1024;
const GATHERED_CHUNKS = 64;

export interface WriterOptions {
  id: string;
  /** The path during writing. */
  temporary: string;
  /** The path after the commit. */
  path: string;
  /** Makes renames into the folder of `path` durable. */
  syncFolder(): Promise<void>;
  codec: FrameCodec;
}

/** Writes in the background: while one batch of chunks is being written, the next is collected. */
export async function openWriter({
  id,
  temporary,
  path,
  syncFolder,
  codec,
}: WriterOptions): Promise<BlobWriter> {
  const file = await open(temporary, "wx");
  const frames = frameWriter(codec);
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  let position = 0;
  /** All flushes so far, in sequence: once one has failed, all later ones fail. */
  let flushed: Promise<void> = Promise.resolve();
  let state: "open" | "renamed" | "ended" = "open";

  async function flush(): Promise<void> {
    const batch = gathered;
    const from = position;
    position += bytes;
    gathered = [];
    bytes = 0;
    await writeAll(file, batch, from);
    for (const stored of batch) codec.written(stored);
  }

  function enqueueFlush(): Promise<void> {
    flushed = flushed.then(flush);
    flushed.catch(() => {}); // seen by the next write or by the commit
    return flushed;
  }

  function gather(chunk: Uint8Array): void {
    gathered.push(chunk);
    bytes += chunk.length;
  }

  return {
    async write(chunk) {
      if (state !== "open") throw new Error("this blob is committed or aborted");
      if (chunk.length === 0) return;
      for (const stored of frames.add(chunk)) gather(stored);
      if (bytes < GATHERED_BYTES && gathered.length < GATHERED_CHUNKS) return;
      const before = flushed;
      enqueueFlush();
      await before;
    },

    async commit() {
      if (state !== "open") throw new Error("this blob is committed or aborted");
      gather(frames.footer(id));
      await enqueueFlush();
      await rename(temporary, path);
      state = "renamed";
      // In parallel, so that the file system journals both at once. Nothing refers to the name before this
      // resolves.
      await Promise.all([file.datasync(), syncFolder()]);
      await file.close();
      state = "ended";
    },

    async abort() {
      if (state === "ended") return;
      const leftover = state === "renamed" ? path : temporary;
      state = "ended";
      await flushed.catch(() => {});
      await file.close().catch(() => {});
      await rm(leftover, { force: true }).catch(() => {});
    },
  };
}

/**
 * Writes all chunks. A single call may write less than it was given, for example when the disk becomes full.
 */
async function writeAll(file: FileHandle, chunks: Uint8Array[], position: number): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    position += bytesWritten;
    rest = after(rest, bytesWritten);
  }
}

function after(chunks: Uint8Array[], bytes: number): Uint8Array[] {
  let whole = 0;
  while (whole < chunks.length && bytes >= chunks[whole]!.length) bytes -= chunks[whole++]!.length;
  const rest = chunks.slice(whole);
  if (bytes > 0) rest[0] = rest[0]!.subarray(bytes);
  return rest;
}
