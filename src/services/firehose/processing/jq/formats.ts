import { arrayIn, bounded, countSize, JqError, type Json, joined, jsonOf, textOf, typeOf } from "./values.ts";

const HTML: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&quot;",
};

/** Formats a value as text. */
export type Format = (value: Json) => string;

/** @returns `undefined` for an unsupported name */
export function formatOf(name: string): Format | undefined {
  const format = FORMATS[name];
  return (
    format &&
    ((value) => {
      countSize(value);
      return bounded(format(value));
    })
  );
}

const FORMATS: Readonly<Record<string, Format | undefined>> = {
  "@text": textOf,
  "@json": jsonOf,
  "@base64": (value) => Buffer.from(textOf(value)).toString("base64"),
  "@base64d": (value) => Buffer.from(textOf(value), "base64").toString(),
  "@uri": (value) => encodeURIComponent(textOf(value).toWellFormed()),
  "@html": (value) => textOf(value).replaceAll(/[<>&'"]/g, (letter) => HTML[letter]!),
  "@csv": (value) => rowOf(value, "@csv", ",", (text) => `"${text.replaceAll('"', '""')}"`),
  "@tsv": (value) =>
    rowOf(value, "@tsv", "\t", (text) =>
      text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r"),
    ),
  "@sh": (value) => joined((Array.isArray(value) ? value : [value]).map(quotedForShell), " "),
};

function rowOf(value: Json, format: string, between: string, written: (text: string) => string): string {
  const cells = arrayIn(value, format).map((cell) => {
    countSize(cell);
    if (typeof cell === "string") return written(cell);
    if (typeof cell === "object" && cell !== null)
      throw new JqError(`a cell of ${format} is no ${typeOf(cell)}`);
    return cell === null ? "" : String(cell);
  });
  return joined(cells, between);
}

function quotedForShell(value: Json): string {
  countSize(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "'\\''")}'`;
  if (typeof value === "object" && value !== null) throw new JqError(`@sh quotes no ${typeOf(value)}`);
  return String(value);
}
