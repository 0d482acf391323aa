import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalid } from "../errors.ts";
import type { Test } from "../expressions/conditions.ts";
import type { Value } from "../values/value.ts";
import { type Comparison, checkedArguments, comparisonOf, type Operator } from "./comparisons.ts";

/** A checked condition on an attribute. */
export interface CheckedCondition {
  operator: Operator;
  values: Value[];
}

/** Checks KeyConditions, QueryFilter or ScanFilter. @throws {AwsError} ValidationException */
export function checkedConditions(
  conditions: Record<string, DynamoDB.Condition> = {},
): Map<string, CheckedCondition> {
  return new Map(
    Object.entries(conditions).map(
      ([name, { ComparisonOperator: operator, AttributeValueList: list = [] }]) => [
        name,
        { operator, values: checkedArguments(operator, list) },
      ],
    ),
  );
}

/** `undefined` without conditions. */
export function testOf(
  conditions: ReadonlyMap<string, CheckedCondition>,
  operator: DynamoDB.ConditionalOperator | undefined,
): Test | undefined {
  const comparisons = [...conditions].map(
    ([name, { operator: one, values }]) => [name, comparisonOf(one, values)] as const,
  );
  return joined(comparisons, operator);
}

/** @throws {AwsError} ValidationException for a conditional operator without two conditions */
export function joined(
  comparisons: readonly (readonly [string, Comparison])[],
  operator: DynamoDB.ConditionalOperator | undefined,
): Test | undefined {
  if (operator !== undefined && comparisons.length === 0)
    throw invalid("ConditionalOperator cannot be used without Filter or Expected");
  if (operator !== undefined && comparisons.length === 1)
    throw invalid("ConditionalOperator can only be used when Filter or Expected has two or more elements");
  if (comparisons.length === 0) return undefined;
  return (item) => {
    const holds = ([name, meets]: readonly [string, Comparison]) =>
      meets(Object.hasOwn(item, name) ? item[name] : undefined);
    return operator === "OR" ? comparisons.some(holds) : comparisons.every(holds);
  };
}
