import { Decimal, decimalOf } from "#aws/languages/select/decimal.ts";
import { type Running, run } from "#aws/languages/select/query.ts";
import { csvRows, jsonRows, type Projected, rowsOf } from "#aws/languages/select/rows.ts";
import type { Query } from "#aws/languages/select/syntax.ts";
import type { Value } from "#aws/languages/select/values.ts";
import { malformedJson } from "./errors.ts";
import type { CsvFormat } from "./parameters.ts";
import type { RawRecord } from "./records.ts";

/** A running query on the records of an object in a text format. */
export interface Reading {
  take(record: RawRecord): Iterable<Projected>;
  end(): Iterable<Projected>;
  readonly isDone: boolean;
}

export function csvReading(query: Query, format: CsvFormat, now: number): Reading {
  let running: Running<string[]> | undefined;
  const begin = (headers?: string[]) => (running = run(query, csvRows(query.from, headers, now)));
  if (format.header === "NONE") begin();
  return {
    *take({ text }) {
      if (text === "" || (format.comment !== "" && text.startsWith(format.comment))) return;
      const fields = fieldsOf(text, format);
      if (!running) {
        begin(format.header === "USE" ? withoutByteOrderMark(fields) : undefined);
        return;
      }
      const row = running.take(fields);
      if (row) yield row;
    },
    *end() {
      // No column is missing in an object without lines.
      const row = (running ?? begin([])).end();
      if (row) yield row;
    },
    get isDone() {
      return running?.isDone ?? false;
    },
  };
}

/** Removes the byte order mark with which some programs begin UTF-8. */
function withoutByteOrderMark([first = "", ...others]: string[]): string[] {
  return [first.replace(/^\uFEFF/, ""), ...others];
}

export function fieldsOf(text: string, format: CsvFormat): string[] {
  const { delimiter, quote } = format;
  if (quote === "" || !text.includes(quote)) return text.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const [quoted, behind] = text.startsWith(quote, at) ? quotedText(text, at, format) : ["", at];
    const end = text.indexOf(delimiter, behind);
    fields.push(quoted + text.slice(behind, end < 0 ? text.length : end));
    if (end < 0) return fields;
    at = end + delimiter.length;
  }
}

/** Returns the text from the quotation mark at `from` to the closing one, and the position after that. */
function quotedText(
  text: string,
  from: number,
  { quote, escaping }: CsvFormat,
): [quoted: string, behind: number] {
  const hasEscapes = escaping !== "" && escaping !== quote;
  let quoted = "";
  let at = from + quote.length;
  for (; at < text.length; at++) {
    if (hasEscapes && text.startsWith(escaping, at) && at + 1 < text.length) at++;
    else if (text.startsWith(quote, at)) {
      // A quotation mark that is its own escape character is doubled.
      if (escaping !== quote || !text.startsWith(quote, at + 1)) break;
      at++;
    }
    quoted += text[at];
  }
  return [quoted, at + quote.length];
}

export function jsonReading(query: Query, now: number): Reading {
  const { path } = query.from;
  const running = run(query, jsonRows(query.from, now));
  return {
    *take({ text }) {
      if (text.trim() === "") return;
      for (const row of rowsOf(parsed(text), path)) {
        if (running.isDone) return;
        const projected = running.take(row);
        if (projected) yield projected;
      }
    },
    *end() {
      const row = running.end();
      if (row) yield row;
    },
    get isDone() {
      return running.isDone;
    },
  };
}

/**
 * TypeScript's types do not include the third argument of a reviver, which holds the source text of a value.
 */
const parseJson = JSON.parse as (
  text: string,
  revive: (key: string, value: unknown, context: { source?: string }) => unknown,
) => Value;

/**
 * Matches text that may contain a number that a float would change: trailing zeros, an exponent, or many
 * digits. Parsing with the source text of each value takes four times as long.
 */
const EXACT = /\d\.\d*0(?!\d)|[\d.]{16}|\d[eE][+-]?\d/;

/** Parses JSON with numbers as they are written: 1 is an int, 1.0 a decimal, 1e0 a float. */
function parsed(text: string): Value {
  try {
    if (!EXACT.test(text)) return withNumbers(JSON.parse(text));
    return parseJson(text, (_, value, { source }) =>
      typeof value === "number" && source !== undefined ? numberIn(source) : value,
    );
  } catch {
    throw malformedJson();
  }
}

type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** Converts the numbers of a value in place. */
function withNumbers(value: Plain): Value {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : decimalOf(`${value}`);
  if (typeof value !== "object" || value === null) return value;
  const members = value as { [name: string]: Value };
  for (const name in members) {
    const member = members[name] as Plain;
    if (typeof member === "number" || (typeof member === "object" && member !== null)) {
      members[name] = withNumbers(member);
    }
  }
  return members;
}

/** The maximum number of digits of a number that is kept exactly. */
const MAX_DIGITS = 1_000;

function numberIn(source: string): bigint | number | Decimal {
  if (/[eE]/.test(source) || source.length > MAX_DIGITS) return Number(source);
  return source.includes(".") ? (decimalOf(source) ?? Number(source)) : integerIn(source);
}

/** Returns an int, or a decimal for a number that does not fit an int. */
function integerIn(source: string): bigint | Decimal {
  const value = BigInt(source);
  return BigInt.asIntN(64, value) === value ? value : new Decimal(value, 0);
}
