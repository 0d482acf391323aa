import { AwsError } from "#aws/errors.ts";
import { invalid } from "../errors.ts";

/** Members of the API before there were expressions. */
const LEGACY = [
  "Expected",
  "AttributeUpdates",
  "AttributesToGet",
  "ConditionalOperator",
  "KeyConditions",
  "QueryFilter",
  "ScanFilter",
] as const;

type Legacy = { [Member in (typeof LEGACY)[number]]?: unknown };

const EXPRESSIONS = [
  "ProjectionExpression",
  "ConditionExpression",
  "FilterExpression",
  "KeyConditionExpression",
  "UpdateExpression",
] as const;

/** @throws {AwsError} ValidationException where both are used, NotImplemented where the older is */
export function refuseLegacy(input: Legacy & { [Member in (typeof EXPRESSIONS)[number]]?: unknown }): void {
  const old = LEGACY.filter((member) => input[member] !== undefined);
  if (old.length === 0) return;
  const expressions = EXPRESSIONS.filter((member) => input[member] !== undefined);
  if (expressions.length > 0)
    throw invalid(
      `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${old.join(", ")}} Expression parameters: {${expressions.join(", ")}}`,
    );
  throw new AwsError("NotImplemented", `Nube does not implement ${old[0]} of DynamoDB yet.`, { status: 501 });
}
