import { createReadStream, type Stats, watchFile } from "node:fs";
import { stat } from "node:fs/promises";
import { logOf } from "#app/data-folder.ts";
import { type Command, UsageError, WHERE } from "./command.ts";

const POLL_INTERVAL_MS = 250;

export const logs: Command = {
  summary: "Prints the log, one JSON object per line.",
  help: `
Examples
  nube logs
  nube logs -f | jq -r 'select(.level == "error") | .message'`,
  settings: WHERE,
  flags: { follow: { short: "f", help: "continue with new lines" } },
  async run({ config, flags }) {
    const path = logOf(config);
    const { size } = await stat(path).catch(() => {
      throw new UsageError(`There is no log at ${path} yet.`);
    });
    await print(path, 0, size);
    if (flags.follow) follow(path, size);
  },
};

/** Prints what is appended. A file that has become shorter is a new one, after a rotation. */
function follow(path: string, from: number): void {
  let printed = from;
  let printing = Promise.resolve();
  watchFile(path, { interval: POLL_INTERVAL_MS }, ({ size }: Stats) => {
    printing = printing.then(async () => {
      const start = size < printed ? 0 : printed;
      printed = size;
      await print(path, start, size);
    });
  });
}

/** Prints nothing if the file was rotated meanwhile, since its successor is shorter. */
async function print(path: string, start: number, end: number): Promise<void> {
  if (start === end) return;
  try {
    for await (const piece of createReadStream(path, { start, end: end - 1 })) process.stdout.write(piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
