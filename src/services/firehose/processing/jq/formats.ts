import { arrayIn, JqError, type Json, jsonOf, textOf, typeOf } from "./values.ts";

const HTML: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&quot;",
};

/** How `@name` writes a value. */
export const FORMATS: Readonly<Record<string, ((value: Json) => string) | undefined>> = {
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
  "@sh": (value) => (Array.isArray(value) ? value : [value]).map(quotedForShell).join(" "),
};

function rowOf(value: Json, format: string, between: string, written: (text: string) => string): string {
  const cells = arrayIn(value, format).map((cell) => {
    if (typeof cell === "string") return written(cell);
    if (typeof cell === "object" && cell !== null)
      throw new JqError(`a cell of ${format} is no ${typeOf(cell)}`);
    return cell === null ? "" : String(cell);
  });
  return cells.join(between);
}

function quotedForShell(value: Json): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "'\\''")}'`;
  if (typeof value === "object" && value !== null) throw new JqError(`@sh quotes no ${typeOf(value)}`);
  return String(value);
}
