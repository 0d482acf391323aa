/**
 * The embedded driver beside bare lmdb-js on the same disk, in interleaved rounds: the cost of the interface and the log. The
 * ratio is the result; operations per second depend on the machine and its other work.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { open } from "lmdb";
import { openEmbedded } from "#storage/kv/embedded.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "10000" },
    rounds: { type: "string", default: "7" },
    folder: { type: "string", default: tmpdir() },
  },
});
const ROWS = Number(flags.rows);
const ROUNDS = Number(flags.rounds);
const ROUND_MS = 700;
const WRITERS = 64;
const value = Buffer.alloc(1_024, "v");
const key = (n: number): Buffer => Buffer.from(`bench/${String(n).padStart(14, "0")}`);

const folder = await mkdtemp(join(flags.folder, "nube-bench-"));
const store = await openEmbedded({ path: join(folder, "store.mdb") });
const lease = await store.lease("bench", "bench");
const raw = open<Buffer, Buffer>({
  path: join(folder, "raw.mdb"),
  noSubdir: true,
  pageSize: 8_192,
  overlappingSync: false,
  keyEncoding: "binary",
  encoding: "binary",
});

/** Keys in a scattered order, the same for both sides. */
function keysOf(seed: number): () => Buffer {
  let n = seed;
  return () => key((n = (n * 48_271 + 11) % ROWS));
}

/** Operations per second of a synchronous operation. */
function reads(read: (key: Buffer) => unknown, seed: number): number {
  const next = keysOf(seed);
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < ROUND_MS) {
    for (let i = 0; i < 500; i++) if (!read(next())) throw new Error("a row is missing");
    count += 500;
  }
  return (count * 1_000) / (performance.now() - begin);
}

/** Operations per second of writers that each wait until their previous write is on disk. */
async function writes(write: (key: Buffer) => Promise<unknown>, seed: number): Promise<number> {
  const next = keysOf(seed);
  const begin = performance.now();
  let count = 0;
  const writer = async () => {
    while (performance.now() - begin < ROUND_MS) {
      await write(next());
      count++;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (count * 1_000) / (performance.now() - begin);
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

/** Runs both sides in rounds, alternating which is first, and prints the medians and the median ratio. */
async function compare(
  name: string,
  bar: number,
  ours: (seed: number) => unknown,
  theirs: (seed: number) => unknown,
) {
  const measured: { ours: number; theirs: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const result = { ours: 0, theirs: 0 };
    for (const side of round % 2 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) {
      result[side] = (await (side === "ours" ? ours : theirs)(round)) as number;
    }
    if (round > 0) measured.push(result);
  }
  const ratio = median(measured.map((m) => m.ours / m.theirs));
  return {
    measure: name,
    "store/s": Math.round(median(measured.map((m) => m.ours))),
    "raw lmdb/s": Math.round(median(measured.map((m) => m.theirs))),
    ratio: Number(ratio.toFixed(2)),
    bar,
    met: ratio >= bar,
  };
}

for (let from = 0; from < ROWS; from += 2_000) {
  const keys = Array.from({ length: Math.min(2_000, ROWS - from) }, (_, i) => key(from + i));
  await store.commit({ lease, puts: keys.map((key) => ({ key, value })), deletes: [] });
  await raw.batch(() => {
    for (const key of keys) raw.put(key, value);
  });
}

console.table([
  await compare(
    `get, ${ROWS} rows of 1 KB`,
    0.6,
    (seed) => reads((key) => store.get(key), seed),
    (seed) => reads((key) => raw.get(key), seed),
  ),
  await compare(
    `durable put of 1 KB, ${WRITERS} writers`,
    0.7,
    (seed) => writes((key) => store.commit({ lease, puts: [{ key, value }], deletes: [] }), seed),
    (seed) => writes((key) => raw.put(key, value), seed),
  ),
]);

await store.close();
await raw.close();
await rm(folder, { recursive: true });
