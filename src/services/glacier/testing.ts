import { hash } from "node:crypto";
import { type Body, bodyOf } from "#lib/body.ts";
import { checksumOf } from "#lib/checksums/checksum.ts";
import { treeHash } from "./archives/tree-hash.ts";

/** Returns the pseudorandom content of an archive. */
export function archiveOf(size: number, seed = 0): Buffer {
  const block = Buffer.from(hash("sha512", `archive ${seed}`, "hex"));
  return Buffer.alloc(size, block);
}

export const treeHashOfBytes = (bytes: Uint8Array): string =>
  Buffer.from(treeHash(checksumOf("sha256-leaves", bytes))).toString("hex");

/** Returns the body and the tree hash for an upload. */
export const upload = (bytes: Uint8Array): { body: Body; checksum: string } => ({
  body: bodyOf(bytes),
  checksum: treeHashOfBytes(bytes),
});

export async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
