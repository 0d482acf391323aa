import type { Decimal } from "./decimal.ts";
import type { Place } from "./errors.ts";
import type { Timestamp } from "./timestamps.ts";

/** A query as it was understood. */
export interface Query {
  /** `undefined` for `SELECT *`. */
  select: Projection[] | undefined;
  from: Source;
  where: Expression | undefined;
  limit: Expression | undefined;
}

export interface Projection {
  /** `s.*` has no expression but its star. */
  expression: Expression;
  alias?: string;
}

export interface Source {
  /** Where below a record the rows are; `[*]` of the table itself is left out. */
  path: PathStep[];
  /** By which name an expression calls a row. */
  alias: Name;
}

export interface Name {
  text: string;
  /** In double quotes, so that upper case counts. */
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
