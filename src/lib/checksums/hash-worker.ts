import { parentPort } from "node:worker_threads";
import { type Checksum, type ChecksumName, checksum } from "./checksum.ts";

/** A message to a worker about one stream. A stream is one `begin`, some `update`s, then one `end`. */
export type Request =
  | { stream: number; begin: readonly ChecksumName[] }
  /** The buffer is sent back after use, to be filled again. */
  | { stream: number; update: ArrayBuffer; length: number }
  | { stream: number; end: "digest" | "abort" };

export type Reply =
  | { stream: number; done: ArrayBuffer }
  | { stream: number; digests: Record<string, Uint8Array> };

const streams = new Map<number, Map<ChecksumName, Checksum>>();

function answer(request: Request): Reply | undefined {
  const { stream } = request;
  if ("begin" in request) {
    streams.set(stream, new Map(request.begin.map((name) => [name, checksum(name)])));
    return undefined;
  }
  const sums = streams.get(stream)!;
  if ("update" in request) {
    const bytes = new Uint8Array(request.update, 0, request.length);
    for (const sum of sums.values()) sum.update(bytes);
    return { stream, done: request.update };
  }
  streams.delete(stream);
  if (request.end === "abort") return undefined;
  return { stream, digests: Object.fromEntries([...sums].map(([name, sum]) => [name, sum.digest()])) };
}

parentPort!.on("message", (request: Request) => {
  const reply = answer(request);
  if (reply) parentPort!.postMessage(reply, "done" in reply ? [reply.done] : []);
});
