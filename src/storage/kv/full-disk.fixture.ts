/**
 * Fills a store until the disk is full, makes room, continues, and prints the results. It runs in its own
 * process, because it limits the size of the process's files: the kernel then rejects writes as a full disk
 * would.
 */
import { execFileSync } from "node:child_process";
import { openEmbedded } from "./embedded.ts";

const letFilesGrowTo = (bytes: string) =>
  execFileSync("prlimit", [`--pid=${process.pid}`, `--fsize=${bytes}`]);
process.on("SIGXFSZ", () => {});

const [path, capacity, room] = process.argv.slice(2);
const store = await openEmbedded({ path: path!, capacity: Number(capacity) });
const key = (n: number) => Uint8Array.of(n >> 8, n);
const put = (n: number) => ({ key: key(n), value: new Uint8Array(20_000).fill(n) });
const present = async (n: number) => (await store.get(key(n)))?.length === 20_000;
const failure = (promise: Promise<void>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  );

let lease = await store.lease("p", "me");
letFilesGrowTo(`${room}:unlimited`);
let written = 0;
let full: Error | undefined;
while (!(full = await failure(store.commit({ lease, puts: [put(written), put(written + 1)], deletes: [] }))))
  written += 2;

const kept = (await Promise.all(Array.from({ length: written }, (_, n) => present(n)))).every(Boolean);
const torn = (await present(written)) || (await present(written + 1));
const successor = await failure(store.commit({ lease, puts: [put(60_000)], deletes: [] }));

lease = await store.lease("p", "me");
const stillFull = await failure(store.commit({ lease, puts: [put(written), put(written + 1)], deletes: [] }));
letFilesGrowTo("unlimited");
lease = await store.lease("p", "me");
await store.commit({ lease, puts: [put(written)], deletes: [] });
const recovered = await present(written);
await store.close();

const again = await openEmbedded({ path: path! });
const reopened =
  (await again.get(key(written)))?.length === 20_000 && (await again.get(key(0)))?.length === 20_000;
await again.close();

console.log(
  JSON.stringify({
    written,
    full: full.message,
    kept,
    torn,
    successor: successor?.name,
    stillFull: stillFull?.message,
    recovered,
    reopened,
  }),
);
