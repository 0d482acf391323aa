import type { Decimal } from "./decimal.ts";
import type { Place } from "./errors.ts";
import type { Timestamp } from "./timestamps.ts";

/** A parsed query. */
export interface Query {
  /** `undefined` for `SELECT *`. */
  select: Projection[] | undefined;
  from: Source;
  where: Expression | undefined;
  limit: Expression | undefined;
}

export interface Projection {
  /** For `s.*`, the expression is the reference before the star. */
  expression: Expression;
  alias?: string;
}

export interface Source {
  /** The path from a record to the rows; `[*]` of the table itself is omitted. */
  path: PathStep[];
  /** The name of a row in expressions. */
  alias: Name;
}

export interface Name {
  text: string;
  /** Whether it is in double quotes, so that case is significant. */
  exact: boolean;
}

export type PathStep = { name: Name } | { index: number } | { wildcard: "[*]" | ".*" };

export type TypeName = "bool" | "int" | "string" | "float" | "decimal" | "timestamp";

export type DatePart =
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "timezone_hour"
  | "timezone_minute";

export type Comparison = "=" | "<>" | "<" | ">" | "<=" | ">=";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";
export type AggregateName = "count" | "sum" | "avg" | "min" | "max";

export type Expression =
  | { type: "literal"; value: string | bigint | Decimal | number | boolean | null | undefined | Timestamp }
  | { type: "reference"; steps: PathStep[]; place: Place }
  | { type: "not"; operand: Expression }
  | { type: "negate"; operand: Expression }
  | { type: "and" | "or"; operands: Expression[] }
  | { type: "compare"; operator: Comparison; left: Expression; right: Expression }
  | { type: "arithmetic"; operator: Arithmetic; left: Expression; right: Expression }
  | { type: "concat"; left: Expression; right: Expression }
  | { type: "between"; operand: Expression; low: Expression; high: Expression }
  | { type: "in"; operand: Expression; members: Expression[] }
  | { type: "like"; operand: Expression; pattern: Expression; escaping: Expression | undefined }
  | { type: "is"; what: "null" | "missing"; operand: Expression }
  | { type: "case"; subject: Expression | undefined; branches: Branch[]; otherwise: Expression | undefined }
  | { type: "cast"; operand: Expression; to: TypeName }
  | { type: "call"; name: string; operands: Expression[] }
  | { type: "dated"; name: "date_add" | "date_diff" | "extract"; part: DatePart; operands: Expression[] }
  | {
      type: "trim";
      side: "leading" | "trailing" | "both";
      characters: Expression | undefined;
      operand: Expression;
    }
  | { type: "aggregate"; name: AggregateName; operand: Expression | undefined };

export interface Branch {
  when: Expression;
  result: Expression;
}
