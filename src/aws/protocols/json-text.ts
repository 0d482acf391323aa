import type { ListShape, Shape, StructureShape } from "../contract/shapes.ts";
import { exactBase64 } from "./scalars.ts";

/** A text, and how far it is read. */
interface Cursor {
  readonly text: string;
  at: number;
}
type Read = (cursor: Cursor) => unknown;

/** Thrown where a text is not as clients write it. */
const UNUSUAL = Symbol("unusual");

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Reads JSON straight from its text where a shape is made of texts, blobs and flags alone: records for a stream. The engine's
 * parser makes a string of each blob first, and looks every short text up among those that it keeps: nearly twice the time.
 * Answers `undefined` for a body that is not as clients write it, which is then read and judged like any other.
 */
export function plainReader(shape: StructureShape): ((text: string) => unknown) | undefined {
  const read = readerOf(shape, []);
  if (read === undefined) return undefined;
  return (text) => {
    const cursor = { text, at: 0 };
    try {
      const value = read(cursor);
      skip(cursor);
      return cursor.at === text.length ? value : undefined;
    } catch (error) {
      if (error !== UNUSUAL) throw error;
      return undefined;
    }
  };
}

function readerOf(shape: Shape, around: readonly Shape[]): Read | undefined {
  if (around.includes(shape)) return undefined;
  const within = [...around, shape];
  if (shape.kind === "structure") return structure(shape, within);
  if (shape.kind === "list") return list(shape, within);
  if (shape.kind !== "scalar") return undefined;
  if (shape.type === "string") return around.some(({ kind }) => kind === "list") ? readText : readOwnText;
  if (shape.type === "boolean") return readFlag;
  return shape.type === "blob" ? readBlob : undefined;
}

function structure({ members, union }: StructureShape, within: readonly Shape[]): Read | undefined {
  const readers: { name: string; quoted: string; read: Read }[] = [];
  for (const { name, shape, jsonValue } of members) {
    const read = union || jsonValue ? undefined : readerOf(shape, within);
    if (read === undefined) return undefined;
    readers.push({ name, quoted: `"${name}"`, read });
  }
  return (cursor) => {
    pass(cursor, "{");
    const result: Record<string, unknown> = {};
    do {
      skip(cursor);
      const member = readers.find(({ quoted }) => cursor.text.startsWith(quoted, cursor.at));
      if (member === undefined) throw UNUSUAL;
      cursor.at += member.quoted.length;
      pass(cursor, ":");
      skip(cursor);
      result[member.name] = member.read(cursor);
    } while (follows(cursor, ","));
    pass(cursor, "}");
    return result;
  };
}

function list({ member, sparse }: ListShape, within: readonly Shape[]): Read | undefined {
  const read = sparse ? undefined : readerOf(member, within);
  if (read === undefined) return undefined;
  return (cursor) => {
    pass(cursor, "[");
    const result: unknown[] = [];
    do {
      skip(cursor);
      result.push(read(cursor));
    } while (follows(cursor, ","));
    pass(cursor, "]");
    return result;
  };
}

/** A piece of the text, which keeps all of it in memory: what is listed is not remembered. */
function readText(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.at + 1;
  if (text.charCodeAt(cursor.at) !== QUOTE) throw UNUSUAL;
  for (let at = start; ; at++) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) {
      cursor.at = at + 1;
      return text.slice(start, at);
    }
    // NaN behind the end is not at least a space either.
    if (sign === BACKSLASH || !(sign >= SPACE)) throw UNUSUAL;
  }
}

/** The name of a stream, say, which may be remembered. */
const readOwnText: Read = (cursor) => Buffer.from(readText(cursor)).toString();

function readBlob(cursor: Cursor): Uint8Array {
  const { text } = cursor;
  const start = cursor.at + 1;
  const end = text.indexOf('"', start);
  if (text.charCodeAt(cursor.at) !== QUOTE || end < 0) throw UNUSUAL;
  const bytes = exactBase64(text.slice(start, end));
  if (bytes === undefined) throw UNUSUAL;
  cursor.at = end + 1;
  return bytes;
}

function readFlag(cursor: Cursor): boolean {
  const value = cursor.text.startsWith("true", cursor.at);
  if (!value && !cursor.text.startsWith("false", cursor.at)) throw UNUSUAL;
  cursor.at += String(value).length;
  return value;
}

/** White space, which few clients write. */
function skip(cursor: Cursor): void {
  while (isWhite(cursor.text.charCodeAt(cursor.at))) cursor.at++;
}

/** A space, a tab, both ends of a line. */
const isWhite = (sign: number) =>
  sign <= SPACE && (sign === SPACE || sign === 0x09 || sign === 0x0a || sign === 0x0d);

/** Over white space, and the sign behind it. */
function pass(cursor: Cursor, sign: string): void {
  if (!follows(cursor, sign)) throw UNUSUAL;
}

function follows(cursor: Cursor, sign: string): boolean {
  skip(cursor);
  const is = cursor.text[cursor.at] === sign;
  if (is) cursor.at++;
  return is;
}
