/**
 * The cost of the blob store beside plain files: `node bench/blobs.ts [folder] [MiB]`.
 *
 * Each line is the median of interleaved rounds in a warm cache: MiB/s, and CPU milliseconds of the whole
 * process (threads included) per 100 MiB. The socket rows send through a loopback connection to a process that
 * discards the bytes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { hashing } from "#lib/checksums/hashing.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import { openFiles } from "#storage/blobs/files.ts";

const MiB = 1024 * 1024;
const ROUNDS = 7;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "bench-blobs-"));
const size = Number(process.argv[3] ?? 100) * MiB;
const pieces = Array.from({ length: 16 }, (_, n) => Buffer.alloc(64 * 1024, n + 1));

/** Pieces of 64 KiB, as from a socket. */
function* source() {
  for (let at = 0, n = 0; at < size; at += 64 * 1024, n++) yield pieces[n % 16]!;
}

let ids = 0;
const freshId = () => (++ids).toString(16).padStart(32, "0");

async function writePlain(path: string, sync: boolean) {
  const file = await open(path, "w");
  const batch: Buffer[] = [];
  for (const piece of source()) if (batch.push(piece) === 16) await file.writev(batch.splice(0));
  await file.writev(batch);
  if (sync) await file.datasync();
  await file.close();
}

async function writeBlob(blobs: BlobStore, id: string, md5: boolean) {
  const writer = await blobs.create(id);
  const sums = hashing(md5 ? ["md5"] : []);
  for (const piece of source()) {
    const hashed = md5 && sums.update(piece);
    await writer.write(piece);
    if (hashed) await hashed;
  }
  if (md5) await sums.digest();
  await writer.commit();
}

async function* readPlain(path: string) {
  const file = await open(path, "r");
  for (let at = 0; at < size; at += MiB) {
    const { buffer } = await file.read(Buffer.allocUnsafeSlow(MiB), 0, MiB, at);
    yield buffer;
  }
  await file.close();
}

async function drain(chunks: AsyncIterable<Uint8Array>) {
  for await (const _ of chunks);
}

async function send(socket: Socket, chunks: AsyncIterable<Uint8Array>) {
  for await (const chunk of chunks) if (!socket.write(chunk)) await once(socket, "drain");
}

/** A connection to a child process that discards what it reads. */
async function sink(): Promise<{ socket: Socket; child: ChildProcess }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const forget = `require("net").connect({ port: ${port}, onread: { buffer: Buffer.alloc(1 << 20), callback: () => true } })`;
  const child = spawn(process.execPath, ["-e", forget], { stdio: "ignore" });
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  return { socket, child };
}

const blobs = await openFiles({ path: join(folder, "blobs") });
const plain = join(folder, "plain");
const id = freshId();
await writePlain(plain, true);
await writeBlob(blobs, id, false);
const { socket, child } = await sink();

const written: string[] = [];
const fresh = () => {
  const next = freshId();
  written.push(next);
  return next;
};
const runs: [string, () => Promise<void>][] = [
  ["read   plain file, 1 MiB a call", () => drain(readPlain(plain))],
  ["read   store, verified", () => drain(blobs.read(id, 0, size))],
  ["socket plain file", () => send(socket, readPlain(plain))],
  ["socket store, verified", () => send(socket, blobs.read(id, 0, size))],
  ["write  plain file, no fdatasync", () => writePlain(join(folder, "write"), false)],
  ["write  plain file, fdatasync", () => writePlain(join(folder, "write"), true)],
  ["write  store, durable", () => writeBlob(blobs, fresh(), false)],
  ["write  store, durable, MD5 in a worker", () => writeBlob(blobs, fresh(), true)],
];
const rates = new Map<string, { rate: number; cpu: number }[]>(runs.map(([name]) => [name, []]));
let peak = 0;
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of runs) {
    const before = process.cpuUsage();
    const start = performance.now();
    await run();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    if (round > 0)
      rates.get(name)!.push({ rate: size / MiB / seconds, cpu: (user + system) / 10 / (size / MiB) });
    for (const old of written.splice(0)) await blobs.remove(old);
    peak = Math.max(peak, process.memoryUsage.rss());
  }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
console.log(
  `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}; ${size / MiB} MiB, ${ROUNDS} rounds`,
);
for (const [name, values] of rates) {
  const rate = median(values.map(({ rate }) => rate));
  const cpu = median(values.map(({ cpu }) => cpu));
  console.log(
    `${name.padEnd(42)} ${rate.toFixed(0).padStart(6)} MiB/s ${cpu.toFixed(0).padStart(5)} ms/100 MiB`,
  );
}
console.log(`peak memory: ${(peak / MiB).toFixed(0)} MiB`);
socket.destroy();
child.kill();
rmSync(folder, { recursive: true });
