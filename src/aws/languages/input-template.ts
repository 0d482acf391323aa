import { AwsError } from "../errors.ts";

/**
 * Input templates of EventBridge and Pipes with placeholders: `{"who": <name>, "text": "for <name>"}`. Within
 * quotes a placeholder's value is inserted without its own quotes, including objects and lists; elsewhere it
 * is inserted as JSON.
 */
const PLACEHOLDER = /<([^<>\s]+)>/g;

/** Splits a template at its quotes, which belong to the quoted pieces. */
function piecesOf(template: string): Piece[] {
  return [...template.matchAll(/"(?:[^"\\]|\\.)*"|[^"]+|"/gs)].map(([text]) => ({
    text,
    quoted: text.length > 1 && text.startsWith('"'),
  }));
}

/** The names of all placeholders. */
export const placeholders = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);

/**
 * The maximum number of characters of a filled template, more than any target accepts, because a template may
 * repeat a large value a thousand times.
 */
const MAX_FILLED_LENGTH = 6 * 2 ** 20;

/**
 * Fills a template that produces JSON.
 * @param read returns the value of a placeholder; `undefined` inserts an empty text
 * @param isName whether a name is a placeholder; anything else is left as it is
 * @throws {AwsError} ValidationException if the result is too long
 */
export function fillTemplate(
  template: string,
  read: (name: string) => unknown,
  isName: (name: string) => boolean,
): string {
  return filled(piecesOf(template), read, isName, toJsonPiece);
}

/**
 * Fills a template that is not JSON: strings are inserted as they are, other values as JSON. @throws
 * {AwsError} as above
 */
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
        if (size > MAX_FILLED_LENGTH)
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

/** The template with all placeholders replaced by null. */
export const emptied = (template: string) => template.replace(PLACEHOLDER, "null");

/** Whether a filled template is JSON, or JSON on each line. */
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
