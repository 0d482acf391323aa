import type { BlobStore } from "#storage/blobs/blobs.ts";
import { openMemoryBlobs } from "#storage/blobs/memory.ts";

export type CountedBlobs = BlobStore & { files: Set<string> };

/** Counts the files that exist. */
export function countedBlobs(): CountedBlobs {
  const store = openMemoryBlobs();
  const files = new Set<string>();
  return {
    ...store,
    files,
    async create(id, options) {
      const writer = await store.create(id, options);
      return {
        ...writer,
        async commit() {
          await writer.commit();
          files.add(id);
        },
      };
    },
    async copy(id, to) {
      await store.copy(id, to);
      files.add(to);
    },
    async remove(id) {
      files.delete(id);
      return store.remove(id);
    },
  };
}
