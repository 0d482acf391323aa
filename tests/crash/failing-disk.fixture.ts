/**
 * Loaded into a server before anything else: while there is a file of the name that `FAILING_DISK` says, whatever the
 * process writes to a file or wants on disk fails with EIO, as of a disk that is broken. Reads go on.
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

/** Functions that answer by a callback, which is their last argument. */
for (const name of ["write", "writev", "fdatasync", "fsync"] as const) {
  const whole = fs[name] as Call;
  (fs as unknown as Record<string, Call>)[name] = (...args) => {
    if (!isBroken()) return whole(...args);
    process.nextTick(args.at(-1) as Callback, failure(name));
  };
}

const { writeSync } = fs;
fs.writeSync = ((fd: number, ...rest: [never]) => {
  // Not what the process says for itself.
  if (fd > 2 && isBroken()) throw failure("write");
  return writeSync(fd, ...rest);
}) as typeof writeSync;

const handle = await open(import.meta.filename);
const prototype = Object.getPrototypeOf(handle) as Record<string, Call>;
await handle.close();
for (const name of ["write", "writev", "datasync", "sync"]) {
  const whole = prototype[name]!;
  prototype[name] = async function (this: unknown, ...args) {
    if (isBroken()) throw failure(name);
    return whole.apply(this, args);
  };
}

module.syncBuiltinESMExports();
