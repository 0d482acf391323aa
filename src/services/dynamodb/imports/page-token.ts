import type { Sealer } from "#kernel/seal.ts";

const PURPOSE = "dynamodb/imports";
/** Tokens of ListImports are digits of base 16, in groups of 16, and seven of those at least. */
const GROUP = 8;
const LEAST = 56;
const LENGTH_BYTES = 2;

/** Where the next page begins, sealed, behind its length and before what fills the last group. */
export function pageToken(seal: Sealer, id: string): string {
  const sealed = Buffer.from(seal.seal(PURPOSE, id));
  const size = Math.max(LEAST, Math.ceil((LENGTH_BYTES + sealed.length) / GROUP) * GROUP);
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16BE(sealed.length);
  sealed.copy(bytes, LENGTH_BYTES);
  return bytes.toString("hex");
}

/** `undefined` for what was not given out. */
export function pageIn(seal: Sealer, token: string): string | undefined {
  const bytes = Buffer.from(token, "hex");
  const end = LENGTH_BYTES + bytes.readUInt16BE();
  const id = seal.unseal(PURPOSE, bytes.toString("utf8", LENGTH_BYTES, end));
  return typeof id === "string" ? id : undefined;
}
