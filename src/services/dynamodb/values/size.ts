import { decimalIn, type Item, typeOf, type Value } from "./value.ts";

/** The largest size of an item, with its attribute names. */
export const MAX_ITEM_BYTES = 400 * 1_024;

/**
 * The size of an item in bytes, as DynamoDB counts it: names and strings in UTF-8; a number's digits take half a byte each,
 * and one byte more; a list or map takes three bytes, and one for each element.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOfItem(item: Item): number {
  let size = 0;
  for (const name in item) size += bytesIn(name) + sizeOf(item[name]!);
  return size;
}

/** Up to this length a loop is faster than `Buffer.byteLength`. */
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
  // Digits are paired on either side of the decimal point: an unpaired digit takes a whole byte.
  const isOdd = (exponent % 2 !== 0) !== (digits.length % 2 !== 0) && digits.length % 2 === 0;
  return 1 + Math.ceil(digits.length / 2) + (isOdd ? 1 : 0) + (negative ? 1 : 0);
}
