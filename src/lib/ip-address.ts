import { isIP } from "node:net";

/** The bytes of an address, 4 or 16; `undefined` for an invalid address. */
export function addressBytes(text: string): Uint8Array | undefined {
  switch (isIP(text)) {
    case 4:
      return Uint8Array.from(text.split("."), Number);
    case 6:
      return version6(text);
    default:
      return undefined;
  }
}

/** Whether the first `bits` bits of two addresses of the same version are equal. */
export function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  if (a.length !== b.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (a[at] !== b[at]) return false;
  const rest = 8 - (bits & 7);
  return rest === 8 || (a[whole]! ^ b[whole]!) >> rest === 0;
}

/**
 * Parses a valid IPv6 address. `::` stands for as many zeros as are missing, and the end may be in IPv4
 * notation.
 */
function version6(text: string): Uint8Array | undefined {
  if (text.includes("%")) return undefined;
  const dotted = /[^:]*\.[^:]*$/.exec(text)?.[0];
  const [a = 0, b = 0, c = 0, d = 0] = dotted?.split(".").map(Number) ?? [];
  const spelled = dotted
    ? text.replace(dotted, `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`)
    : text;
  const [head = "", tail] = spelled.split("::");
  const groups = (part: string | undefined) =>
    part ? part.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const first = groups(head);
  const last = groups(tail);
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}
