import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { beginsWith, contains } from "../expressions/conditions.ts";
import { checkedValue, compareValues, isEqual, type TypeName, typeOf, type Value } from "../values/value.ts";

export type Operator = DynamoDB.ComparisonOperator;

/** Whether an attribute meets a condition. */
export type Comparison = (value: Value | undefined) => boolean;

type Arity = readonly [min: number, max: number];

const ARITIES: Record<Operator, Arity> = {
  NULL: [0, 0],
  NOT_NULL: [0, 0],
  EQ: [1, 1],
  NE: [1, 1],
  LE: [1, 1],
  LT: [1, 1],
  GE: [1, 1],
  GT: [1, 1],
  CONTAINS: [1, 1],
  NOT_CONTAINS: [1, 1],
  BEGINS_WITH: [1, 1],
  IN: [1, Number.POSITIVE_INFINITY],
  BETWEEN: [2, 2],
};

const SCALARS: readonly TypeName[] = ["S", "N", "B"];
const TYPES: Partial<Record<Operator, readonly TypeName[]>> = {
  LE: SCALARS,
  LT: SCALARS,
  GE: SCALARS,
  GT: SCALARS,
  CONTAINS: SCALARS,
  NOT_CONTAINS: SCALARS,
  BEGINS_WITH: ["S", "B"],
  IN: SCALARS,
  BETWEEN: SCALARS,
};

/**
 * Checks the arguments of an operator. AWS checks their values first, then their number, then their types.
 * @throws {AwsError} ValidationException
 */
export function checkedArguments(operator: Operator, sent: readonly Value[]): Value[] {
  const values = sent.map((value) => checkedValue(value));
  const [min, max] = ARITIES[operator];
  if (values.length < min || values.length > max)
    throw invalidParameters(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  const allowedTypes = TYPES[operator];
  for (const value of values) {
    if (allowedTypes && !allowedTypes.includes(typeOf(value)))
      throw invalidParameters(
        `ComparisonOperator ${operator} is not valid for ${typeOf(value)} AttributeValue type`,
      );
  }
  if (values.some((value) => typeOf(value) !== typeOf(values[0]!)))
    throw invalidParameters("AttributeValues inside AttributeValueList must all be of the same type");
  if (operator === "BETWEEN" && compareValues(values[0]!, values[1]!)! > 0)
    throw invalid(
      "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
  return values;
}

export function comparisonOf(operator: Operator, values: readonly Value[]): Comparison {
  const [first, second] = values;
  const order = (value: Value | undefined, other: Value | undefined) =>
    (value && other && compareValues(value, other)) ?? Number.NaN;
  switch (operator) {
    case "NULL":
      return (value) => value === undefined;
    case "NOT_NULL":
      return (value) => value !== undefined;
    case "EQ":
      return (value) => value !== undefined && isEqual(value, first!);
    case "NE":
      return (value) => value === undefined || !isEqual(value, first!);
    case "LE":
      return (value) => order(value, first) <= 0;
    case "LT":
      return (value) => order(value, first) < 0;
    case "GE":
      return (value) => order(value, first) >= 0;
    case "GT":
      return (value) => order(value, first) > 0;
    case "CONTAINS":
      return (value) => contains(value, first);
    case "NOT_CONTAINS":
      return (value) => value !== undefined && !contains(value, first);
    case "BEGINS_WITH":
      return (value) => beginsWith(value, first);
    case "IN":
      return (value) => value !== undefined && values.some((one) => isEqual(value, one));
    case "BETWEEN":
      return (value) => order(value, first) >= 0 && order(value, second) <= 0;
  }
}
