import type { ListShape, Shape, StructureShape } from "../../contract/shapes.ts";
import { exactBase64 } from "../values/scalars.ts";

/** A text, and the position up to which it is read. */
interface Cursor {
  readonly text: string;
  at: number;
}
type Read = (cursor: Cursor) => unknown;

/** Thrown if a text is not in the form that clients usually write. */
const UNUSUAL = Symbol("unusual");

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Reads JSON directly from its text for shapes that consist only of texts, blobs and booleans, such as stream
 * records. The engine's parser first makes a string of each blob and looks up every short text among its
 * internalized ones, which takes nearly twice the time. Returns `undefined` for a body in an unusual form,
 * which is then parsed the ordinary way.
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

/**
 * Reads a string as a slice of the text, which keeps the whole text alive: only for values that are not
 * retained.
 */
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
    // NaN, after the end of the text, also fails this comparison.
    if (sign === BACKSLASH || !(sign >= SPACE)) throw UNUSUAL;
  }
}

/** Reads a string that may be retained, such as a stream's name. */
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

/** Skips white space, which few clients write. */
function skip(cursor: Cursor): void {
  while (isWhite(cursor.text.charCodeAt(cursor.at))) cursor.at++;
}

/** A space, a tab, a line feed or a carriage return. */
const isWhite = (sign: number) =>
  sign <= SPACE && (sign === SPACE || sign === 0x09 || sign === 0x0a || sign === 0x0d);

/** Skips white space and the expected character. */
function pass(cursor: Cursor, sign: string): void {
  if (!follows(cursor, sign)) throw UNUSUAL;
}

function follows(cursor: Cursor, sign: string): boolean {
  skip(cursor);
  const is = cursor.text[cursor.at] === sign;
  if (is) cursor.at++;
  return is;
}
