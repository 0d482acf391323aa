import { invalid } from "../errors.ts";
import type { KeyCondition } from "../expressions/key-conditions.ts";
import type { Operator } from "./comparisons.ts";
import type { CheckedCondition } from "./conditions.ts";

const INDEXABLE: Partial<Record<Operator, KeyCondition["operator"]>> = {
  EQ: "=",
  LT: "<",
  LE: "<=",
  GT: ">",
  GE: ">=",
  BETWEEN: "BETWEEN",
  BEGINS_WITH: "begins_with",
};

/** The conditions of a query on key attributes, by attribute name. @throws {AwsError} ValidationException */
export function keyConditionsIn(
  conditions: ReadonlyMap<string, CheckedCondition>,
): Map<string, KeyCondition> {
  if (conditions.size === 0 || conditions.size > 2) throw invalid("Conditions can be of length 1 or 2 only");
  return new Map(
    [...conditions].map(([name, { operator, values }]) => {
      const indexable = INDEXABLE[operator];
      if (!indexable) throw invalid("Attempted conditional constraint is not an indexable operation");
      return [name, { operator: indexable, values }];
    }),
  );
}
