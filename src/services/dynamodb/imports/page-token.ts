import type { Sealer } from "#kernel/secrets/seal.ts";

const PURPOSE = "dynamodb/imports";
/** As the model requires, ListImports tokens are hexadecimal, in at least seven groups of 16 digits. Sizes are in bytes. */
const GROUP_BYTES = 8;
const MIN_BYTES = 56;
const LENGTH_BYTES = 2;

/** The sealed position of the next page, preceded by its length and padded to whole groups. */
export function pageToken(seal: Sealer, id: string): string {
  const sealed = Buffer.from(seal.seal(PURPOSE, id));
  const size = Math.max(MIN_BYTES, Math.ceil((LENGTH_BYTES + sealed.length) / GROUP_BYTES) * GROUP_BYTES);
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16BE(sealed.length);
  sealed.copy(bytes, LENGTH_BYTES);
  return bytes.toString("hex");
}

/** The position in a token; `undefined` for an invalid token. */
export function pageIn(seal: Sealer, token: string): string | undefined {
  const bytes = Buffer.from(token, "hex");
  const end = LENGTH_BYTES + bytes.readUInt16BE();
  const id = seal.unseal(PURPOSE, bytes.toString("utf8", LENGTH_BYTES, end));
  return typeof id === "string" ? id : undefined;
}
