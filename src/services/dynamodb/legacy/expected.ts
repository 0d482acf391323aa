import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalidParameters } from "../errors.ts";
import type { Test } from "../expressions/conditions.ts";
import { checkedValue } from "../values/value.ts";
import { type Comparison, checkedArguments, comparisonOf } from "./comparisons.ts";
import { joined } from "./conditions.ts";

interface ExpectedParameters {
  Expected?: Record<string, DynamoDB.ExpectedAttributeValue> | undefined;
  ConditionalOperator?: DynamoDB.ConditionalOperator | undefined;
}

/** The condition that an item must meet for a write. @throws {AwsError} ValidationException */
export function expectedIn({ Expected = {}, ConditionalOperator }: ExpectedParameters): Test | undefined {
  const comparisons = Object.entries(Expected).map(
    ([name, expected]) => [name, comparison(name, expected)] as const,
  );
  return joined(comparisons, ConditionalOperator);
}

function comparison(name: string, expected: DynamoDB.ExpectedAttributeValue): Comparison {
  const { Value: value, Exists: exists, ComparisonOperator: operator, AttributeValueList: list } = expected;
  if (value) checkedValue(value);
  for (const one of list ?? []) checkedValue(one);
  const reason = contradiction(expected);
  if (reason) throw invalidParameters(`${reason} for Attribute: ${name}`);
  if (operator !== undefined)
    return comparisonOf(operator, checkedArguments(operator, list ?? (value ? [value] : [])));
  return exists === false ? comparisonOf("NULL", []) : comparisonOf("EQ", [checkedValue(value!)]);
}

/** The reason why members are contradictory or one is missing, if so. */
function contradiction({
  Value: value,
  Exists: exists,
  ComparisonOperator: operator,
  AttributeValueList: list,
}: DynamoDB.ExpectedAttributeValue): string | undefined {
  if (list && value) return "Value and AttributeValueList cannot be used together";
  if (operator !== undefined) {
    if (exists !== undefined) return "Exists and ComparisonOperator cannot be used together";
    if (list || value || operator === "NULL" || operator === "NOT_NULL") return undefined;
    return `Value or AttributeValueList must be used with ComparisonOperator: ${operator}`;
  }
  if (list) return "AttributeValueList can only be used with a ComparisonOperator";
  if (exists === false) return value && "Value cannot be used when Exists is false";
  return value ? undefined : `Value must be provided when Exists is ${exists ?? "null"}`;
}
