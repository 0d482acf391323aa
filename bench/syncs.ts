/**
 * Counts another process' fdatasyncs, whatever it says of itself: loaded there before all else, this file puts a counter
 * around Node's own call, and keeps the count in a file.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Syncs {
  /** Node's flags that have them counted. */
  flags: string[];
  /** How many have succeeded so far. */
  count(): number;
}

export function countedSyncs(): Syncs {
  const file = join(fs.mkdtempSync(join(tmpdir(), "nube-bench-")), "syncs");
  fs.writeFileSync(file, Buffer.alloc(8));
  const counter = new URL(import.meta.url);
  counter.searchParams.set(COUNTER, file);
  return { flags: ["--import", counter.href], count: () => Number(fs.readFileSync(file).readBigUInt64LE()) };
}

const COUNTER = "counter";

const into = new URL(import.meta.url).searchParams.get(COUNTER);
if (into !== null) countInto(fs.openSync(into, "r+"));

function countInto(file: number): void {
  const total = new BigUint64Array(1);
  const { fdatasync } = fs;
  const counted = (fd: number, done: fs.NoParamCallback) =>
    fdatasync(fd, (error) => {
      if (!error) {
        total[0]! += 1n;
        fs.writeSync(file, total, 0, 8, 0);
      }
      done(error);
    });
  fs.fdatasync = counted as typeof fdatasync;
  syncBuiltinESMExports();
}
