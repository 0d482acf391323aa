import type { Projected } from "#aws/languages/select/rows.ts";
import { isNumeric, isStructure, textOfScalar, type Value } from "#aws/languages/select/values.ts";
import { MAX_RECORD_BYTES, malformedJson, recordTooLong } from "./errors.ts";
import type { CsvOutput, JsonOutput } from "./parameters.ts";

/** Formats a row of the response, including its delimiter. */
export type WriteRow = (row: Projected) => string;

export function writerOf(output: CsvOutput | JsonOutput): WriteRow {
  return output.type === "csv"
    ? csvWriter(output)
    : ({ names, values }) => record(names, values) + output.record;
}

function csvWriter({ quoting, delimiter, record: end, quote, escaping }: CsvOutput): WriteRow {
  const isSpecial = (text: string) =>
    text.includes(delimiter) || text.includes(end) || (quote !== "" && text.includes(quote));
  const quoted = (text: string) => quote + text.replaceAll(quote, escaping + quote) + quote;
  const field = (value: Value) => {
    const text = value === undefined || value === null ? "" : (textOfScalar(value) ?? json(value));
    return quote !== "" && (quoting === "ALWAYS" || isSpecial(text)) ? quoted(text) : text;
  };
  return ({ values }) => joined(values, delimiter, field) + end;
}

/** Joins parts, and fails as soon as the row is too long: a query can select a long column many times. */
function joined<T>(
  parts: readonly T[],
  separator: string,
  write: (part: T, at: number) => string | undefined,
): string {
  let text = "";
  let isFirst = true;
  for (const [at, part] of parts.entries()) {
    const written = write(part, at);
    if (written === undefined) continue;
    text += isFirst ? written : separator + written;
    isFirst = false;
    if (text.length > MAX_RECORD_BYTES) throw recordTooLong();
  }
  return text;
}

/** Formats a record as JSON. Missing values are omitted, nulls are written. */
function record(names: readonly string[], values: readonly Value[], depth = 0): string {
  const member = (value: Value, at: number) =>
    value === undefined ? undefined : `${JSON.stringify(names[at] ?? `_${at + 1}`)}:${json(value, depth)}`;
  return `{${joined(values, ",", member)}}`;
}

/** The maximum nesting depth of the output. */
const MAX_DEPTH = 1_000;

function json(value: Value, depth = 0): string {
  if (depth > MAX_DEPTH) throw malformedJson();
  if (value === undefined || value === null) return "null";
  if (typeof value === "boolean") return `${value}`;
  if (isNumeric(value)) return textOfScalar(value)!;
  if (Array.isArray(value)) return `[${joined(value, ",", (one: Value) => json(one, depth + 1))}]`;
  if (isStructure(value)) return record(Object.keys(value), Object.values(value), depth + 1);
  return JSON.stringify(textOfScalar(value));
}
