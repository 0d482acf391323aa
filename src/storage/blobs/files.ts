import { constants, copyFile, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coalesced } from "#lib/coalesce.ts";
import { BlobMissingError, type BlobStore } from "./blobs.ts";
import { checkId } from "./checks.ts";
import { lentBuffers, openReader, ownBuffers } from "./file-reader.ts";
import { openWriter } from "./file-writer.ts";
import { countPins } from "./pins.ts";
import { sealed } from "./sealed.ts";
import { sums } from "./sums.ts";

/**
 * Blobs as files: `ab/abcdef…`, in up to 256 folders by the first two digits of the id, so that no folder
 * becomes large. A blob is written in `tmp/` and named by a rename. Then its bytes and the folder are synced,
 * the folder once for all commits that wait for it.
 *
 * `path` may be on any POSIX file system, but belongs to one process: files in `tmp/` are leftovers of an
 * earlier one.
 */
export async function openFiles({ path }: { path: string }): Promise<BlobStore> {
  const temporary = join(path, "tmp");
  await mkdir(temporary, { recursive: true });
  await syncFolder(dirname(path));
  for (const name of await readdir(temporary))
    await rm(join(temporary, name), { recursive: true, force: true });

  const folders = await openFolders(path);
  const pins = countPins();

  return {
    async create(id, { key } = {}) {
      checkId(id);
      const folder = folders.of(id);
      await folder.make();
      return openWriter({
        id,
        temporary: join(temporary, id),
        path: join(folder.path, id),
        syncFolder: folder.sync,
        codec: codecFor(key),
      });
    },

    read(id, start, end, { lend = false, key, original = id } = {}) {
      checkId(id);
      const buffers = lend ? lentBuffers : ownBuffers;
      const range = { id, original, start, end, buffers, codec: codecFor(key) };
      return openReader(join(folders.of(id).path, id), pins.hold(id), range);
    },

    async copy(id, to) {
      checkId(id);
      checkId(to);
      const release = pins.hold(id);
      const folder = folders.of(to);
      const from = join(folders.of(id).path, id);
      try {
        await folder.make();
        await copyDurably(from, join(temporary, to), join(folder.path, to));
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === "ENOENT" ? new BlobMissingError(id) : error;
      } finally {
        release();
      }
      await folder.sync();
    },

    async remove(id) {
      checkId(id);
      await pins.released(id);
      const folder = folders.of(id);
      await rm(join(folder.path, id), { force: true });
      await folder.sync();
    },

    /** Only readers and writers keep files open. */
    async close() {},
  };
}

const codecFor = (key: Uint8Array | undefined) => (key ? sealed(key) : sums);

interface Folder {
  path: string;
  /** Resolves once the folder durably exists. */
  make(): Promise<void>;
  /** Makes renames and removals in the folder durable. */
  sync(): Promise<void>;
}

/** The folders of blobs, each created for its first blob. */
async function openFolders(root: string): Promise<{ of(id: string): Folder }> {
  const existing = new Set(await readdir(root));
  const syncRoot = coalesced(() => syncFolder(root));
  await syncRoot(); // an earlier process may have stopped between making a folder and syncing it
  const folders = new Map<string, Folder>();

  function folder(name: string): Folder {
    const path = join(root, name);
    const sync = coalesced(() => syncFolder(path));
    return {
      path,
      async make() {
        if (existing.has(name)) return;
        await mkdir(path, { recursive: true });
        await syncRoot();
        existing.add(name);
      },
      async sync() {
        if (existing.has(name)) await sync();
      },
    };
  }

  return {
    of(id) {
      const name = id.slice(0, 2);
      const opened = folders.get(name) ?? folder(name);
      folders.set(name, opened);
      return opened;
    },
  };
}

/** Copies a file by way of a temporary one; the new name is durable once its folder is synced. */
async function copyDurably(from: string, temporary: string, to: string): Promise<void> {
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE);
    const file = await open(temporary, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
