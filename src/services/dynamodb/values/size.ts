import { decimalIn, type Item, typeOf, type Value } from "./value.ts";

/** The most that an item may have, names included. */
export const MOST_ITEM_BYTES = 400 * 1_024;

/**
 * Bytes as DynamoDB counts them: names and texts in UTF-8, two digits of a number in a byte and one more, three and one
 * for each element of a list or map.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOfItem(item: Item): number {
  let size = 0;
  for (const name in item) size += bytesIn(name) + sizeOf(item[name]!);
  return size;
}

/** Up to here a loop is quicker than a call of the engine. */
const SHORT = 24;

function bytesIn(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text);
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}

export function sizeOf(value: Value): number {
  if (value.S !== undefined) return bytesIn(value.S);
  if (value.N !== undefined) return sizeOfNumber(value.N);
  switch (typeOf(value)) {
    case "B":
      return value.B!.length;
    case "SS":
      return value.SS!.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    case "NS":
      return value.NS!.reduce((sum, text) => sum + sizeOfNumber(text), 0);
    case "BS":
      return value.BS!.reduce((sum, bytes) => sum + bytes.length, 0);
    case "M":
      return 3 + sizeOfItem(value.M!) + Object.keys(value.M!).length;
    case "L":
      return 3 + value.L!.reduce((sum, element) => sum + 1 + sizeOf(element), 0);
    default:
      return 1;
  }
}

function sizeOfNumber(text: string): number {
  if (text.length === 1) return text === "0" ? 1 : 2;
  const { negative, digits, exponent } = decimalIn(text);
  if (digits === "") return 1;
  // Digits come in pairs on either side of the point: one that stands alone takes a byte of its own.
  const isOdd = (exponent % 2 !== 0) !== (digits.length % 2 !== 0) && digits.length % 2 === 0;
  return 1 + Math.ceil(digits.length / 2) + (isOdd ? 1 : 0) + (negative ? 1 : 0);
}
