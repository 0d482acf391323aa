import { addressBytes } from "./ip-address.ts";

/** Addresses as numbers, so that a block is a comparison: version 4 in 32 bits, version 6 in 128. */
export interface Address {
  version: 4 | 6;
  bits: bigint;
}

export interface Block {
  version: 4 | 6;
  /** The address without the bits behind the prefix. */
  bits: bigint;
  /** How many bits stand behind the prefix. */
  shift: bigint;
}

/** `undefined` for what is no address. A version 4 address that is mapped into version 6 counts as one of version 4. */
export function addressOf(text: string): Address | undefined {
  const bytes = addressBytes(text);
  if (!bytes) return undefined;
  const bits = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  if (bytes.length === 4) return { version: 4, bits };
  return bits >> 32n === 0xffffn ? { version: 4, bits: bits & 0xffff_ffffn } : { version: 6, bits };
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address; `undefined` for anything else. */
export function blockOf(text: string): Block | undefined {
  const slash = text.indexOf("/");
  const address = addressOf(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const width = address.version === 4 ? 32 : 128;
  const prefix = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined;
  const shift = BigInt(width - Number(prefix));
  return { version: address.version, bits: address.bits >> shift, shift };
}

export const isInside = ({ version, bits }: Address, block: Block): boolean =>
  version === block.version && bits >> block.shift === block.bits;
