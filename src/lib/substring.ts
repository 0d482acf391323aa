/**
 * Searches for texts and bytes in others, in time that grows with the sum of their lengths (Knuth, Morris and
 * Pratt). V8's own search is faster for short or ordinary ones, but grows with the product of the lengths if they
 * repeat: a hundred thousand equal characters with another in their middle would take it minutes.
 */

/** V8 searches for that few characters fast in any text. */
const FEW = 8;
/** The product of lengths up to which V8 takes less than a millisecond. */
const SMALL = 2 ** 20;

export const hasText = (text: string, sought: string): boolean => indexOfText(text, sought) >= 0;

/** The position of the first occurrence from a position on; -1 if there is none. */
export function indexOfText(text: string, sought: string, from = 0): number {
  if (isQuick(text, sought)) return text.indexOf(sought, from);
  return indexIn((at) => text.charCodeAt(at), text.length, codesOf(sought), from);
}

export function hasBytes(bytes: Uint8Array, sought: Uint8Array): boolean {
  if (!isQuick(bytes, sought)) return indexIn((at) => bytes[at]!, bytes.length, sought) >= 0;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(sought);
}

const isQuick = (all: { length: number }, sought: { length: number }): boolean =>
  sought.length > all.length || sought.length <= FEW || all.length * sought.length <= SMALL;

function codesOf(text: string): Uint16Array {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < codes.length; at++) codes[at] = text.charCodeAt(at);
  return codes;
}

/** Reads no further than the first occurrence, from which the next search may continue. */
function indexIn(
  unitAt: (at: number) => number,
  length: number,
  sought: Uint8Array | Uint16Array,
  from = 0,
): number {
  const borders = bordersOf(sought);
  let matched = 0;
  for (let at = from; at < length; at++) {
    const unit = unitAt(at);
    while (matched > 0 && sought[matched] !== unit) matched = borders[matched - 1]!;
    if (sought[matched] === unit) matched++;
    if (matched === sought.length) return at + 1 - matched;
  }
  return -1;
}

/** For each beginning, the length of the longest shorter one that it also ends with. */
function bordersOf(sought: Uint8Array | Uint16Array): Uint32Array {
  const borders = new Uint32Array(sought.length);
  let length = 0;
  for (let at = 1; at < sought.length; at++) {
    while (length > 0 && sought[length] !== sought[at]) length = borders[length - 1]!;
    if (sought[length] === sought[at]) length++;
    borders[at] = length;
  }
  return borders;
}
