import type { Member, ScalarShape } from "../../contract/shapes.ts";
import { Malformed } from "../values/malformed.ts";
import { textReader, textWriter, utf8 } from "../values/scalars.ts";
import { timestampWriter } from "../values/timestamps.ts";
import { checkedDocument } from "../values/tree.ts";

export type ReadHeader = (value: string) => unknown;
export type WriteHeader = (value: unknown) => string;

export function headerReader(member: Member): ReadHeader {
  const { shape } = member;
  if (member.jsonValue) return readJsonValue;
  if (shape.kind === "scalar") return textReader(shape);
  if (shape.kind !== "list" || shape.member.kind !== "scalar") throw unbindable(member);
  const read = textReader(shape.member);
  const split = isHttpDate(shape.member) ? splitDates : splitList;
  return (value) => split(value).map(read);
}

export function headerWriter(member: Member): WriteHeader {
  const { shape } = member;
  if (member.jsonValue) return (value) => Buffer.from(JSON.stringify(value)).toString("base64");
  if (shape.kind === "scalar") return scalarWriter(shape, member);
  if (shape.kind !== "list" || shape.member.kind !== "scalar") throw unbindable(member);
  const write = scalarWriter(shape.member, undefined);
  const quote = shape.member.type === "string" ? quoted : (text: string) => text;
  return (value) =>
    (value as unknown[])
      .filter((item) => item !== null && item !== undefined)
      .map((item) => quote(write(item)))
      .join(", ");
}

function unbindable(member: Member): Error {
  return new Error(`${member.name}: this shape has no header form`);
}

function scalarWriter(shape: ScalarShape, member: Member | undefined): WriteHeader {
  const format = member?.timestampFormat ?? shape.timestampFormat ?? "rfc822";
  const write = textWriter(shape, timestampWriter(format));
  return shape.type === "string" ? (value) => headerText(String(value)) : write;
}

function isHttpDate(shape: ScalarShape): boolean {
  return shape.type === "timestamp" && (shape.timestampFormat ?? "rfc822") === "rfc822";
}

/** HTTP dates contain a comma. */
function splitDates(value: string): string[] {
  const parts = value.split(",");
  const dates: string[] = [];
  for (let i = 0; i < parts.length; i += 2) dates.push(parts.slice(i, i + 2).join(","));
  return dates;
}

/** Splits `a, "b, c", "say \"d\""`: entries with commas or quotes are quoted. */
function splitList(value: string): string[] {
  const entry = /\s*(?:"((?:[^"\\]|\\.)*)"\s*|((?:[^\s",][^",]*)?))(,|$)/y;
  const entries: string[] = [];
  for (;;) {
    const match = entry.exec(value);
    if (match === null) throw new Malformed("Invalid header list");
    entries.push(match[1] === undefined ? match[2]!.trim() : match[1].replace(/\\(.)/g, "$1"));
    if (match[3] === "") return entries;
  }
}

function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

function readJsonValue(value: string): unknown {
  try {
    return checkedDocument(JSON.parse(utf8(Buffer.from(value, "base64"))), 0);
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed("Invalid JSON in a header", { cause: error });
  }
}

/**
 * Header values are Latin-1. Other characters, and line breaks, are encoded as S3 returns such metadata: RFC
 * 2047.
 */
export function headerText(text: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
  return `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}
