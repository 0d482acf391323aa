import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { indexIsFilling, invalid, invalidParameters, noSuchIndex } from "../errors.ts";
import { conditionOf, type Test } from "../expressions/conditions.ts";
import type { Placeholders, Placeholding } from "../expressions/placeholders.ts";
import { type Projection, projectionOf } from "../expressions/projections.ts";
import { projectedBy, projectedNames } from "../items/keys.ts";
import { chosenBy } from "../items/request.ts";
import { type CheckedCondition, testOf } from "../legacy/conditions.ts";
import type { Index, Table } from "../store.ts";
import type { Meter } from "../throughput/meter.ts";
import type { Item } from "../values/value.ts";
import { invalidStart } from "./start.ts";

/** What a query or scan does with the items that it meets. */
export interface Reading {
  /** Which of them are answered; without one, all. */
  filter: Test | undefined;
  /** What of an item is answered; without one, all that is looked at. */
  project: Projection | undefined;
  /** What of an item is looked at, and counted: of an index what it projects. */
  shown: Projection | undefined;
  /** Whether whole items are fetched from the table, beside what a local index projects. */
  fetches: boolean;
  countsOnly: boolean;
  /** Items to look at; without end unless said. */
  limit: number | undefined;
  consistent: boolean | undefined;
  returnCapacity: DynamoDB.ReturnConsumedCapacity | undefined;
  meter?: Meter | undefined;
}

export interface ReadRequest extends Placeholding {
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  AttributesToGet?: readonly string[] | undefined;
  ConditionalOperator?: DynamoDB.ConditionalOperator | undefined;
  Select?: DynamoDB.Select | undefined;
  Limit?: number | undefined;
  ConsistentRead?: boolean | undefined;
  ReturnConsumedCapacity?: DynamoDB.ReturnConsumedCapacity | undefined;
}

/**
 * Reads the expressions. What is projected of an index is known with the table.
 * @param older what stood in QueryFilter or ScanFilter
 * @throws {AwsError} ValidationException
 */
export function readingOf(
  request: ReadRequest,
  holders: Placeholders,
  older: ReadonlyMap<string, CheckedCondition>,
): (table: Table, index: Index | undefined) => Reading {
  const filter =
    request.FilterExpression === undefined
      ? testOf(older, request.ConditionalOperator)
      : conditionOf("FilterExpression", request.FilterExpression, holders);
  const chosen = request.AttributesToGet
    ? chosenBy(request.AttributesToGet)
    : request.ProjectionExpression === undefined
      ? undefined
      : projectionOf(request.ProjectionExpression, holders);
  const filtered = new Set([...holders.names("FilterExpression"), ...older.keys()]);
  const named = new Set([...holders.names("ProjectionExpression"), ...(request.AttributesToGet ?? [])]);

  return (table, index) => {
    if (index?.kind === "global") checkGlobal(table, index, request, named, filtered);
    if (request.Select === "ALL_PROJECTED_ATTRIBUTES" && !index)
      throw invalidParameters("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    const shown = !index || index.projection === "ALL" ? undefined : projectedBy(table, index);
    const missing = index && shown ? unprojected(table, index, named).length > 0 : false;
    const fetches = shown !== undefined && (request.Select === "ALL_ATTRIBUTES" || missing);
    return {
      filter,
      project: chosen,
      shown,
      fetches,
      countsOnly: request.Select === "COUNT",
      limit: request.Limit,
      consistent: request.ConsistentRead,
      returnCapacity: request.ReturnConsumedCapacity,
    };
  };
}

function checkGlobal(
  table: Table,
  index: Index,
  { ConsistentRead, Select }: ReadRequest,
  named: ReadonlySet<string>,
  filtered: ReadonlySet<string>,
): void {
  if (ConsistentRead) throw invalid("Consistent reads are not supported on global secondary indexes");
  if (Select === "ALL_ATTRIBUTES" && index.projection !== "ALL")
    throw invalidParameters(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  const [unseen, unfiltered] = [unprojected(table, index, named), unprojected(table, index, filtered)];
  if (unseen.length > 0)
    throw invalidParameters(`Global secondary index ${index.name} does not project [${unseen.join(", ")}]`);
  if (unfiltered.length > 0)
    throw invalidParameters(
      `Global secondary index ${index.name} does not project one or more filter attributes: [${unfiltered.join(", ")}]`,
    );
}

/** A query tells it as the framework tells what it finds. @throws {AwsError} ValidationException */
export function checkSelect(
  { Select, ProjectionExpression, AttributesToGet }: ReadRequest,
  operation: "Query" | "Scan",
): void {
  if (Select === "SPECIFIC_ATTRIBUTES" && ProjectionExpression === undefined && !AttributesToGet)
    throw invalid(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    );
  if (Select === undefined || Select === "SPECIFIC_ATTRIBUTES") return;
  const got = Select === "COUNT" ? "only the Count" : Select;
  if (AttributesToGet) throw invalid(`Cannot specify the AttributesToGet when choosing to get ${got}`);
  const start = operation === "Query" ? "1 validation error detected: " : "";
  if (ProjectionExpression !== undefined)
    throw invalid(`${start}Cannot specify the ProjectionExpression when choosing to get ${got}`);
}

function unprojected(table: Table, index: Index, names: ReadonlySet<string>): string[] {
  if (index.projection === "ALL") return [];
  const projected = projectedNames(table, index);
  return [...names].filter((name) => !projected.has(name));
}

/** @param start a key to go on from, which without the index is none @throws {AwsError} ValidationException */
export function indexOf(table: Table, name: string | undefined, start: Item | undefined): Index | undefined {
  if (name === undefined) return undefined;
  const index = table.indexes.find((one) => one.name === name);
  if (index?.filling) throw indexIsFilling();
  if (index) return index;
  throw start ? invalidStart() : noSuchIndex(name);
}
