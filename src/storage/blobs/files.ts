import { mkdir, open, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { grouped } from "#lib/grouped.ts";
import type { BlobStore } from "./blobs.ts";
import { checkId } from "./checks.ts";
import { readFile } from "./file-reader.ts";
import { writeFile } from "./file-writer.ts";

/**
 * Blobs as files: `ab/abcdef…` by the first two digits of the id, in 256 folders, so that no folder grows long.
 * A blob grows in `tmp/` and gets its name by a rename, after its bytes are on disk; the folder is then synced
 * once for all commits that wait for it.
 *
 * `path` may lie on any POSIX file system, but belongs to one process: what it finds in `tmp/` was left behind.
 */
export async function openFiles({ path }: { path: string }): Promise<BlobStore> {
  const temporary = join(path, "tmp");
  await mkdir(temporary, { recursive: true });
  for (const name of await readdir(temporary))
    await rm(join(temporary, name), { recursive: true, force: true });
  await makeFolders(path);

  const syncs = new Map(folders.map((name) => [name, grouped(() => syncFolder(join(path, name)))]));
  const opening = new Set<Promise<void>>();
  const folderOf = (id: string) => id.slice(0, 2);
  const pathOf = (id: string) => join(path, folderOf(id), id);

  return {
    async create(id) {
      checkId(id);
      const place = {
        id,
        temporary: join(temporary, id),
        path: pathOf(id),
        syncFolder: syncs.get(folderOf(id))!,
      };
      return writeFile(place);
    },

    read(id, start, end) {
      checkId(id);
      const { reader, opened } = readFile(pathOf(id), id, start, end);
      opening.add(opened);
      opened.finally(() => opening.delete(opened));
      return reader;
    },

    async remove(id) {
      checkId(id);
      await Promise.all(opening); // a reader that came before finds the file
      await rm(pathOf(id), { force: true });
      await syncs.get(folderOf(id))!();
    },

    /** Nothing is kept open but by readers and writers. */
    async close() {},
  };
}

const folders = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

async function makeFolders(path: string): Promise<void> {
  const present = new Set(await readdir(path));
  const missing = folders.filter((name) => !present.has(name));
  if (missing.length === 0) return;
  await Promise.all(missing.map((name) => mkdir(join(path, name))));
  await syncFolder(path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
