/**
 * Preloaded into a server to simulate a broken disk: while the file named in `FAILING_DISK` exists, all writes and syncs of
 * the process fail with EIO. Reads still work.
 */
import fs from "node:fs";
import { open } from "node:fs/promises";
import module from "node:module";

const mark = process.env.FAILING_DISK!;
const { existsSync } = fs;
const isBroken = () => existsSync(mark);
const failure = (syscall: string) =>
  Object.assign(new Error(`EIO: i/o error, ${syscall}`), { code: "EIO", errno: -5, syscall });

type Callback = (error: Error) => void;
type Call = (...args: unknown[]) => unknown;

/** Functions with a callback as their last argument. */
for (const name of ["write", "writev", "fdatasync", "fsync"] as const) {
  const original = fs[name] as Call;
  (fs as unknown as Record<string, Call>)[name] = (...args) => {
    if (!isBroken()) return original(...args);
    process.nextTick(args.at(-1) as Callback, failure(name));
  };
}

const { writeSync } = fs;
fs.writeSync = ((fd: number, ...rest: [never]) => {
  // Standard output and standard error still work.
  if (fd > 2 && isBroken()) throw failure("write");
  return writeSync(fd, ...rest);
}) as typeof writeSync;

const handle = await open(import.meta.filename);
const prototype = Object.getPrototypeOf(handle) as Record<string, Call>;
await handle.close();
for (const name of ["write", "writev", "datasync", "sync"]) {
  const original = prototype[name]!;
  prototype[name] = async function (this: unknown, ...args) {
    if (isBroken()) throw failure(name);
    return original.apply(this, args);
  };
}

module.syncBuiltinESMExports();
