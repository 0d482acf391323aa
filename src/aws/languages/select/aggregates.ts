import { failure } from "./errors.ts";
import type { AggregateName } from "./syntax.ts";
import { average, calculate, compare, isAbsent, isNumeric, type Numeric, type Value } from "./values.ts";

/** The state of an aggregate function. */
export interface Aggregate {
  add(value: Value): void;
  result(): Value;
}

/** NULL and MISSING are ignored. Without values, only `count` has a result other than NULL. */
export function aggregate(name: AggregateName): Aggregate {
  switch (name) {
    case "count":
      return counting();
    case "sum":
    case "avg":
      return summing(name);
    default:
      return extremum(name === "min" ? 1 : -1);
  }
}

function counting(): Aggregate {
  let count = 0n;
  return {
    add(value) {
      if (!isAbsent(value)) count++;
    },
    result: () => count,
  };
}

function summing(name: "sum" | "avg"): Aggregate {
  let sum: Numeric = 0n;
  let count = 0;
  return {
    add(value) {
      if (isAbsent(value)) return;
      if (!isNumeric(value)) throw failure("IncorrectSqlFunctionArgumentType");
      sum = calculate("+", sum, value);
      count++;
    },
    result() {
      if (count === 0) return null;
      return name === "sum" ? sum : average(sum, count);
    },
  };
}

/** Returns the minimum or maximum. */
function extremum(direction: 1 | -1): Aggregate {
  let chosen: Value = null;
  return {
    add(value) {
      if (isAbsent(value)) return;
      if (chosen === null) chosen = value;
      const order = compare(value, chosen);
      if (order === undefined) throw failure("IncorrectSqlFunctionArgumentType");
      if (order * direction < 0) chosen = value;
    },
    result: () => chosen,
  };
}
