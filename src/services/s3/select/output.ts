import type { Projected } from "#aws/languages/select/rows.ts";
import { isNumeric, isStructure, textOfScalar, type Value } from "#aws/languages/select/values.ts";
import type { CsvOutput, JsonOutput } from "./parameters.ts";

/** Writes a row of the answer, with what ends it. */
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
  return ({ values }) => values.map(field).join(delimiter) + end;
}

/** What is missing is not there; what is null is null. */
function record(names: readonly string[], values: readonly Value[]): string {
  const members: string[] = [];
  for (const [at, value] of values.entries()) {
    if (value !== undefined) members.push(`${JSON.stringify(names[at] ?? `_${at + 1}`)}:${json(value)}`);
  }
  return `{${members.join(",")}}`;
}

function json(value: Value): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "boolean") return `${value}`;
  if (isNumeric(value)) return textOfScalar(value)!;
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (isStructure(value)) return record(Object.keys(value), Object.values(value));
  return JSON.stringify(textOfScalar(value));
}
