/**
 * The `Condition` element: all its keys must match.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
import type { Condition } from "./document.ts";
import { faulty } from "./faults.ts";
import { OPERATORS } from "./operators.ts";
import type { Keys } from "./pattern.ts";

/** @throws {PolicyError} UnknownOperator, InvalidConditionValue, InvalidElement */
export function readConditions(block: Record<string, unknown>): Condition[] {
  return Object.entries(block).flatMap(([name, keys]) => {
    const [, quantifier, operator = "", suffix] =
      /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
    const definition = OPERATORS.get(operator);
    if (!definition || (operator === "Null" && suffix !== undefined))
      throw faulty({ reason: "UnknownOperator", operator: name });
    if (typeof keys !== "object" || keys === null || Array.isArray(keys))
      throw faulty({ reason: "NotAnObject", element: "Condition" });
    return Object.entries(keys).map(([key, listed]) => {
      const values = valuesIn(listed);
      for (const value of values) {
        if (!definition.test(value, true))
          throw faulty({ reason: "InvalidConditionValue", operator: name, key, value });
      }
      return {
        operator,
        ...(quantifier !== undefined && { quantifier: quantifier as "ForAllValues" | "ForAnyValue" }),
        ifExists: suffix !== undefined,
        key,
        values,
      };
    });
  });
}

function valuesIn(listed: unknown): string[] {
  return (Array.isArray(listed) ? listed : [listed]).map((value) => {
    if (typeof value === "string") return value;
    // A number in JSON may exceed the range of a double; it could then not be printed unchanged.
    if (typeof value === "boolean" || Number.isFinite(value)) return String(value);
    throw faulty({ reason: "InvalidElement", element: "Condition" });
  });
}

/** Returns a function that tests whether a condition holds for a call's keys. */
export function conditionOf(condition: Condition, variables: boolean): (keys: Keys) => boolean {
  const { operator, quantifier, ifExists, values: expected } = condition;
  const key = condition.key.toLowerCase();
  if (operator === "Null") {
    const missing = expected.some((value) => value.toLowerCase() === "true");
    return (keys) => (valuesOf(keys(key)).length === 0) === missing;
  }
  const { negated, test } = OPERATORS.get(operator)!;
  const tests = expected.flatMap((value) => test(value, variables) ?? []);
  const whenMissing = ifExists || quantifier === "ForAllValues" || (negated && quantifier === undefined);
  const everyValue = quantifier === "ForAllValues" || (negated && quantifier === undefined);
  return (keys) => {
    const values = valuesOf(keys(key));
    if (values.length === 0) return whenMissing;
    const passes = (value: string) => tests.some((matches) => matches(value, keys)) !== negated;
    return everyValue ? values.every(passes) : values.some(passes);
  };
}

function valuesOf(value: ReturnType<Keys>): readonly string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
