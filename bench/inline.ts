/**
 * Where to store small bodies: inline in the key-value store, in the commit of the row that points to them, or
 * in append-only segments with a pointer row: `node bench/inline.ts [folder]`.
 *
 * 64 writers, every PUT durable; then random GETs with a warm cache, one after another. Object
 * keys are hashes, so that pointer rows are scattered as in a real bucket; bodies are ordered by their number.
 */
import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import {
  fdatasync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writev,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { coalesced } from "#lib/coalesce.ts";
import { openEmbedded } from "#storage/kv/embedded.ts";
import type { Row } from "#storage/kv/kv.ts";

const WRITERS = 64;
const SEGMENT_BYTES = 256 * 1024 * 1024;
const RUNS = [
  { bytes: 1_024, objects: 1_000_000 },
  { bytes: 16_384, objects: 60_000 },
  { bytes: 65_536, objects: 15_000 },
];

const write = promisify(writev);
const datasync = promisify(fdatasync);

interface Bodies {
  /** Stores a body; `pointer` is the row that refers to it, committed with it or afterwards. */
  put(number: number, body: Uint8Array, pointer: Row): Promise<void>;
  get(number: number, key: Uint8Array): Uint8Array;
}

const pointerKey = (number: number) => Buffer.from(`o/bench/${hash("md5", String(number))}`);
const pointerOf = (number: number): Row => ({ key: pointerKey(number), value: Buffer.alloc(200, number) });

async function openStore(folder: string) {
  const store = await openEmbedded({ path: join(folder, "store") });
  const lease = await store.lease("bench", "bench");
  return { ...store, put: (puts: Row[]) => store.commit({ lease, puts, deletes: [] }) };
}

async function inline(folder: string): Promise<Bodies> {
  const store = await openStore(folder);
  const bodyKey = (number: number) => {
    const key = Buffer.alloc(9, "b");
    key.writeBigUInt64BE(BigInt(number), 1);
    return key;
  };
  return {
    put: (number, body, pointer) => store.put([{ key: bodyKey(number), value: body }, pointer]),
    get(number, key) {
      store.get(key);
      return store.get(bodyKey(number)) as Uint8Array;
    },
  };
}

async function segments(folder: string): Promise<Bodies> {
  const store = await openStore(folder);
  const files: number[] = [];
  let position = SEGMENT_BYTES;
  let waiting: Uint8Array[] = [];

  /** One write and one fdatasync for all bodies since the last. */
  const flush = coalesced(async () => {
    const batch = waiting;
    waiting = [];
    const file = files.at(-1)!;
    await write(file, batch);
    await datasync(file);
  });

  return {
    async put(_, body, pointer) {
      if (position + body.length > SEGMENT_BYTES && waiting.length === 0) {
        position = 0;
        files.push(openSync(join(folder, `segment-${files.length}`), "a+"));
      }
      const place = Buffer.from(pointer.value.buffer, pointer.value.byteOffset);
      place.writeUInt32LE(files.length - 1, 0);
      place.writeUInt32LE(position, 4);
      place.writeUInt32LE(body.length, 8);
      position += body.length;
      waiting.push(body);
      await flush();
      await store.put([pointer]);
    },
    get(_, key) {
      const place = Buffer.from(store.get(key) as Uint8Array);
      const body = Buffer.allocUnsafe(place.readUInt32LE(8));
      readSync(files[place.readUInt32LE(0)]!, body, 0, body.length, place.readUInt32LE(4));
      return body;
    },
  };
}

async function measure(
  open: (folder: string) => Promise<Bodies>,
  folder: string,
  bytes: number,
  objects: number,
) {
  const bodies = await open(folder);
  const body = (number: number) => Buffer.alloc(bytes, `${number},`);
  let next = 0;
  let start = performance.now();
  const writer = async () => {
    for (let number = next++; number < objects; number = next++) {
      await bodies.put(number, body(number), pointerOf(number));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  const puts = (objects / (performance.now() - start)) * 1000;

  const gets = Math.min(objects, 100_000);
  const order = Array.from({ length: gets }, (_, n) => (n * 7_919_003) % objects);
  const keys = order.map(pointerKey);
  for (const [n, number] of order.entries()) {
    if (!body(number).equals(bodies.get(number, keys[n]!))) throw new Error(`body ${number} is another`);
  }
  start = performance.now();
  for (const [n, number] of order.entries()) bodies.get(number, keys[n]!);
  const rate = (gets / (performance.now() - start)) * 1000;

  const disk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  console.log(
    `${open.name.padEnd(9)}${String(bytes).padStart(7)} B × ${String(objects).padStart(7)}:`,
    `${puts.toFixed(0).padStart(6)} PUT/s ${rate.toFixed(0).padStart(7)} GET/s`,
    `${(disk / 2 ** 20).toFixed(0).padStart(5)} MiB of files for ${((bytes * objects) / 2 ** 20).toFixed(0)} of bodies,`,
    `${ownMemory()} MiB of own memory`,
  );
}

const [parent = tmpdir(), variant, bytes, objects] = process.argv.slice(2);
/** Without pages of mapped files, which the kernel can reclaim. */
function ownMemory(): number {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

if (variant) {
  await measure(variant === "inline" ? inline : segments, parent, Number(bytes), Number(objects));
  process.exit();
}
console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, ${WRITERS} writers`);
for (const { bytes, objects } of RUNS) {
  for (const variant of ["inline", "segments"]) {
    const folder = mkdtempSync(join(parent, "bench-inline-"));
    const args = [import.meta.filename, folder, variant, String(bytes), String(objects)];
    spawnSync(process.execPath, args, { stdio: "inherit" });
    rmSync(folder, { recursive: true });
  }
}
