import type { Item, Value } from "./value.ts";

/** A depth limit, greater than that of a valid item. */
const MAX_DEPTH = 40;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Parses an item in DynamoDB JSON, with byte strings in base64, as files contain it. `undefined` if it is invalid. */
export function itemOfJson(json: unknown, depth = 0): Item | undefined {
  if (!isObject(json) || depth > MAX_DEPTH) return undefined;
  const item: Item = Object.create(null);
  for (const [name, given] of Object.entries(json)) {
    const value = isText(name) ? valueOfJson(given, depth) : undefined;
    if (!value) return undefined;
    item[name] = value;
  }
  return item;
}

function valueOfJson(json: unknown, depth: number): Value | undefined {
  if (!isObject(json) || depth > MAX_DEPTH) return undefined;
  const [[type, content] = [], another] = Object.entries(json);
  if (another) return undefined;
  switch (type) {
    case "S":
    case "N":
      return isText(content) ? { [type]: content } : undefined;
    case "B":
      return isBase64(content) ? { B: Buffer.from(content, "base64") } : undefined;
    case "BOOL":
      return typeof content === "boolean" ? { BOOL: content } : undefined;
    case "NULL":
      return content === true ? { NULL: true } : undefined;
    case "SS":
    case "NS":
      return isListOf(content, isText) ? { [type]: content } : undefined;
    case "BS":
      return isListOf(content, isBase64)
        ? { BS: content.map((text) => Buffer.from(text, "base64")) }
        : undefined;
    case "L":
      return listOfJson(content, depth + 1);
    case "M": {
      const M = itemOfJson(content, depth + 1);
      return M && { M };
    }
    default:
      return undefined;
  }
}

function listOfJson(json: unknown, depth: number): Value | undefined {
  if (!Array.isArray(json)) return undefined;
  const L: Value[] = [];
  for (const element of json) {
    const value = valueOfJson(element, depth);
    if (!value) return undefined;
    L.push(value);
  }
  return { L };
}

const isObject = (json: unknown): json is object =>
  typeof json === "object" && json !== null && !Array.isArray(json);
/** A string without lone surrogates. */
const isText = (json: unknown): json is string => typeof json === "string" && json.isWellFormed();
export const isBase64 = (json: unknown): json is string => isText(json) && BASE64.test(json);
const isListOf = <T>(json: unknown, is: (one: unknown) => one is T): json is T[] =>
  Array.isArray(json) && json.every(is);
