import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalidParameters } from "../errors.ts";
import type { Test } from "../expressions/conditions.ts";
import { checkedValue } from "../values/value.ts";
import { type Comparison, checkedArguments, comparisonOf } from "./comparisons.ts";
import { joined } from "./conditions.ts";

interface Expecting {
  Expected?: Record<string, DynamoDB.ExpectedAttributeValue> | undefined;
  ConditionalOperator?: DynamoDB.ConditionalOperator | undefined;
}

/** What an item must be like for a write to happen. @throws {AwsError} ValidationException */
export function expectedIn({ Expected = {}, ConditionalOperator }: Expecting): Test | undefined {
  const comparisons = Object.entries(Expected).map(
    ([name, expected]) => [name, comparison(name, expected)] as const,
  );
  return joined(comparisons, ConditionalOperator);
}

function comparison(name: string, expected: DynamoDB.ExpectedAttributeValue): Comparison {
  const { Value: value, Exists: exists, ComparisonOperator: operator, AttributeValueList: list } = expected;
  if (value) checkedValue(value);
  for (const one of list ?? []) checkedValue(one);
  if (list && value)
    throw invalidParameters(`Value and AttributeValueList cannot be used together for Attribute: ${name}`);
  if (operator !== undefined) {
    if (exists !== undefined)
      throw invalidParameters(`Exists and ComparisonOperator cannot be used together for Attribute: ${name}`);
    if (operator !== "NULL" && operator !== "NOT_NULL" && !list && !value)
      throw invalidParameters(
        `Value or AttributeValueList must be used with ComparisonOperator: ${operator} for Attribute: ${name}`,
      );
    return comparisonOf(operator, checkedArguments(operator, list ?? (value ? [value] : [])));
  }
  if (list)
    throw invalidParameters(
      `AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`,
    );
  if (exists === false) {
    if (value) throw invalidParameters(`Value cannot be used when Exists is false for Attribute: ${name}`);
    return comparisonOf("NULL", []);
  }
  if (!value)
    throw invalidParameters(
      exists === undefined
        ? `Value must be provided when Exists is null for Attribute: ${name}`
        : `Value must be provided when Exists is true for Attribute: ${name}`,
    );
  return comparisonOf("EQ", [checkedValue(value)]);
}
