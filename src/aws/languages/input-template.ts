import { AwsError } from "../errors.ts";

/**
 * Texts with placeholders, `{"who": <name>, "text": "for <name>"}`, as EventBridge and Pipes make inputs of: where a
 * placeholder stands in quotes its value goes in without any, objects and lists too; elsewhere it goes in as JSON.
 */
const PLACEHOLDER = /<([^<>\s]+)>/g;

/** A template cut at its quotes, which go with what is between them. */
function piecesOf(template: string): Piece[] {
  return [...template.matchAll(/"(?:[^"\\]|\\.)*"|[^"]+|"/gs)].map(([text]) => ({
    text,
    quoted: text.length > 1 && text.startsWith('"'),
  }));
}

/** The names of all placeholders. */
export const placeholders = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);

/** More characters than any target takes: a template may name what is large a thousand times. */
const MAX_FILLED = 6 * 2 ** 20;

/**
 * @param read the value of a placeholder: `undefined` is an empty text
 * @param isName what is no placeholder stays as it is
 * @throws {AwsError} ValidationException for what would be too long
 */
export function fillTemplate(
  template: string,
  read: (name: string) => unknown,
  isName: (name: string) => boolean,
): string {
  return filled(piecesOf(template), read, isName, toJsonPiece);
}

/** The same for a template that is not JSON: texts go in as they are, all else as JSON. @throws {AwsError} as above */
export function fillText(
  template: string,
  read: (name: string) => unknown,
  isName: (name: string) => boolean,
): string {
  const raw = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return filled([{ text: template, quoted: false }], read, isName, raw);
}

interface Piece {
  text: string;
  quoted: boolean;
}

function filled(
  pieces: Piece[],
  read: (name: string) => unknown,
  isName: (name: string) => boolean,
  write: (value: unknown, quoted: boolean) => string,
): string {
  let size = 0;
  return pieces
    .map(({ text, quoted }) =>
      text.replace(PLACEHOLDER, (placeholder, name: string) => {
        if (!isName(name)) return placeholder;
        const value = write(read(name) ?? "", quoted);
        size += value.length;
        if (size > MAX_FILLED)
          throw new AwsError("ValidationException", "The input that the template makes is too long.");
        return value;
      }),
    )
    .join("");
}

function toJsonPiece(value: unknown, quoted: boolean): string {
  const text = JSON.stringify(value);
  if (!quoted) return text;
  return typeof value === "string" ? text.slice(1, -1) : text.replaceAll('"', "");
}

/** As it is when nothing that it names is there. */
export const emptied = (template: string) => template.replace(PLACEHOLDER, "null");

/** Whether it makes JSON, or JSON on each line, once it is filled. */
export function isTemplate(template: string): boolean {
  const sample = emptied(template);
  return isJson(sample) || sample.split("\n").every((line) => line.trim() === "" || isJson(line));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
