import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/** Writes lines to a file, in order. */
export interface LogFile {
  write(line: string): void;
  /** Writes buffered lines synchronously, before the process ends. */
  flush(): void;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** The number of older files; `nube.log.1` is the newest of them. */
const MAX_OLD_FILES = 3;

/**
 * Opens a log file. Lines of one turn of the event loop are written together. The file is rotated before it
 * exceeds its limit.
 */
export function openLogFile(path: string, maxBytes: number = MAX_BYTES): LogFile {
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  let lines = "";

  function rotate(): void {
    for (let n = MAX_OLD_FILES - 1; n > 0; n--) moveIfThere(`${path}.${n}`, `${path}.${n + 1}`);
    moveIfThere(path, `${path}.1`);
    size = 0;
    // Opened before the old file is closed: if that fails, the old file takes the next lines.
    const former = file;
    file = openSync(path, "a", 0o600);
    closeSync(former);
  }

  function flush(): void {
    if (lines === "") return;
    const bytes = Buffer.from(lines);
    lines = "";
    // A log that cannot be written, for example because the disk is full, must not end the process.
    try {
      if (size > 0 && size + bytes.length > maxBytes) rotate();
      size += writeSync(file, bytes);
    } catch {}
  }

  return {
    write(line) {
      if (lines === "") setImmediate(flush);
      lines += line;
    },
    flush,
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
