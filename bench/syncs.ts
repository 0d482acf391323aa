/**
 * Counts the fdatasyncs of another process independently of its code: preloaded there, this file wraps Node's own call with
 * a counter, which it keeps in a file.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Syncs {
  /** Node's flags that preload the counter. */
  flags: string[];
  /** The number of successful calls so far. */
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
