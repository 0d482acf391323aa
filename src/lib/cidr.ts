import { addressBytes } from "./ip-address.ts";

/** An address as a number, so that matching a block is a comparison: 32 bits for IPv4, 128 for IPv6. */
export interface Address {
  version: 4 | 6;
  bits: bigint;
}

export interface Block {
  version: 4 | 6;
  /** The address without the bits after the prefix. */
  bits: bigint;
  /** The number of bits after the prefix. */
  shift: bigint;
}

/** Returns `undefined` for an invalid address. An IPv4-mapped IPv6 address counts as IPv4. */
export function addressOf(text: string): Address | undefined {
  const bytes = addressBytes(text);
  if (!bytes) return undefined;
  const bits = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  if (bytes.length === 4) return { version: 4, bits };
  return bits >> 32n === 0xffffn ? { version: 4, bits: bits & 0xffff_ffffn } : { version: 6, bits };
}

/** Parses `10.0.0.0/8`, `2001:db8::/32`, or a single address; returns `undefined` for anything else. */
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
