import { firstDuplicate } from "#lib/duplicates.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { type PlaceholderParameters, placeholders } from "../expressions/placeholders.ts";
import { type Projection, projectionOf, projectPaths } from "../expressions/projections.ts";
import type { Kind } from "../expressions/tokens.ts";

/** The legacy parameters, which expressions replace. */
type LegacyParameter =
  | "Expected"
  | "AttributeUpdates"
  | "AttributesToGet"
  | "ConditionalOperator"
  | "KeyConditions"
  | "QueryFilter"
  | "ScanFilter";

type Request = PlaceholderParameters & { [Member in Kind | LegacyParameter]?: unknown };

/**
 * Checks which parameters a request combines, before any of them is parsed. Errors keep the order of both lists.
 * @param expressions the expressions that the operation supports
 * @param legacy parameters that must not be combined with expressions
 * @throws {AwsError} ValidationException
 */
export function checkParameters(
  request: Request,
  expressions: readonly Kind[],
  legacy: readonly LegacyParameter[] = [],
): void {
  const used = expressions.filter((kind) => request[kind] !== undefined);
  if (used.length > 0) {
    const others = legacy.filter(
      (member) =>
        request[member] !== undefined &&
        // `KeyConditions` may be combined with any expression but `KeyConditionExpression`.
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
  { ExpressionAttributeNames: names, ExpressionAttributeValues: values }: PlaceholderParameters,
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

interface ProjectionParameters extends PlaceholderParameters {
  ProjectionExpression?: string | undefined;
  AttributesToGet?: readonly string[] | undefined;
}

/** The projection that a request states; `undefined` for whole items. @throws {AwsError} ValidationException */
export function projectionIn(request: ProjectionParameters): Projection | undefined {
  const { ProjectionExpression: source, AttributesToGet: names } = request;
  if (names) return namedProjection(names);
  if (source === undefined) return undefined;
  const placeholderMap = placeholders(request);
  const project = projectionOf(source, placeholderMap);
  placeholderMap.settle();
  return project;
}

/** @throws {AwsError} ValidationException */
export function namedProjection(names: readonly string[]): Projection {
  const duplicate = firstDuplicate(names);
  if (duplicate !== undefined) throw invalidParameters(`Duplicate value in attribute name: ${duplicate}`);
  return projectPaths(names.map((name) => [name]));
}
