import { firstDuplicate } from "#lib/duplicates.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { type Placeholding, placeholders } from "../expressions/placeholders.ts";
import { type Projection, projectionOf, projectPaths } from "../expressions/projections.ts";
import type { Kind } from "../expressions/tokens.ts";

/** Members of the API from before there were expressions. */
type Older =
  | "Expected"
  | "AttributeUpdates"
  | "AttributesToGet"
  | "ConditionalOperator"
  | "KeyConditions"
  | "QueryFilter"
  | "ScanFilter";

type Request = Placeholding & { [Member in Kind | Older]?: unknown };

/**
 * Looks at which parameters stand together, before any of them is read. In the order in which errors list them:
 * @param expressions that the operation knows
 * @param older parameters that may not stand beside them
 * @throws {AwsError} ValidationException
 */
export function checkParameters(
  request: Request,
  expressions: readonly Kind[],
  older: readonly Older[] = [],
): void {
  const used = expressions.filter((kind) => request[kind] !== undefined);
  if (used.length > 0) {
    const others = older.filter(
      (member) =>
        request[member] !== undefined &&
        // Expressions for all but the key may stand beside what was there for keys.
        (member !== "KeyConditions" || request.KeyConditionExpression !== undefined),
    );
    if (others.length > 0)
      throw invalid(
        `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${others.join(", ")}} Expression parameters: {${used.join(", ")}}`,
      );
  }
  checkPlaceholders(request, expressions, used);
}

function checkPlaceholders(
  { ExpressionAttributeNames: names, ExpressionAttributeValues: values }: Placeholding,
  expressions: readonly Kind[],
  used: readonly Kind[],
): void {
  if (names && used.length === 0)
    throw invalid("ExpressionAttributeNames can only be specified when using expressions");
  const valued = expressions.filter((kind) => kind !== "ProjectionExpression");
  if (!values || valued.length === 0) return;
  if (!valued.some((kind) => used.includes(kind)))
    throw invalid(
      `ExpressionAttributeValues can only be specified when using expressions: ${valued.join(" and ")} ${valued.length > 1 ? "are" : "is"} null`,
    );
}

interface Choosing extends Placeholding {
  ProjectionExpression?: string | undefined;
  AttributesToGet?: readonly string[] | undefined;
}

/** What is to be answered of an item; `undefined` for all of it. @throws {AwsError} ValidationException */
export function projectionIn(request: Choosing): Projection | undefined {
  const { ProjectionExpression: source, AttributesToGet: names } = request;
  if (names) return chosenBy(names);
  if (source === undefined) return undefined;
  const holders = placeholders(request);
  const project = projectionOf(source, holders);
  holders.settle();
  return project;
}

/** @throws {AwsError} ValidationException */
export function chosenBy(names: readonly string[]): Projection {
  const twice = firstDuplicate(names);
  if (twice !== undefined) throw invalidParameters(`Duplicate value in attribute name: ${twice}`);
  return projectPaths(names.map((name) => [name]));
}
