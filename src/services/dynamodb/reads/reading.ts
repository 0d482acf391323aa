import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { indexIsFilling, invalid, invalidParameters, noSuchIndex } from "../errors.ts";
import { conditionOf, type Test } from "../expressions/conditions.ts";
import type { PlaceholderParameters, Placeholders } from "../expressions/placeholders.ts";
import { type Projection, projectionOf } from "../expressions/projections.ts";
import { projectedBy, projectedNames } from "../items/keys.ts";
import { namedProjection } from "../items/request.ts";
import { type CheckedCondition, testOf } from "../legacy/conditions.ts";
import type { Index, Table } from "../store.ts";
import type { Meter } from "../throughput/meter.ts";
import type { Item } from "../values/value.ts";
import { invalidStart } from "./start.ts";

/** How a query or scan treats the items that it reads. */
export interface Reading {
  /** Selects the items to return; `undefined` for all. */
  filter: Test | undefined;
  /** The part of an item to return; `undefined` for all that is visible. */
  project: Projection | undefined;
  /** The part of an item that is visible and counts towards the size: in an index, its projection. */
  shown: Projection | undefined;
  /** Whether whole items are fetched from the table, in addition to the entries of a local index. */
  fetches: boolean;
  countsOnly: boolean;
  /** The most items to evaluate. */
  limit: number | undefined;
  consistent: boolean | undefined;
  returnCapacity: DynamoDB.ReturnConsumedCapacity | undefined;
  meter?: Meter | undefined;
}

export interface ReadRequest extends PlaceholderParameters {
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
 * Parses the expressions of a query or scan. The returned function adds what depends on the table and index.
 * @param older the legacy conditions of QueryFilter or ScanFilter
 * @throws {AwsError} ValidationException
 */
export function readingOf(
  request: ReadRequest,
  placeholderMap: Placeholders,
  older: ReadonlyMap<string, CheckedCondition>,
): (table: Table, index: Index | undefined) => Reading {
  const filter =
    request.FilterExpression === undefined
      ? testOf(older, request.ConditionalOperator)
      : conditionOf("FilterExpression", request.FilterExpression, placeholderMap);
  const chosen = request.AttributesToGet
    ? namedProjection(request.AttributesToGet)
    : request.ProjectionExpression === undefined
      ? undefined
      : projectionOf(request.ProjectionExpression, placeholderMap);
  const filtered = new Set([...placeholderMap.names("FilterExpression"), ...older.keys()]);
  const named = new Set([
    ...placeholderMap.names("ProjectionExpression"),
    ...(request.AttributesToGet ?? []),
  ]);

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

/** Checks `Select`; one error has a prefix for queries only. @throws {AwsError} ValidationException */
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

/** @param start the start key, which is invalid if the index does not exist @throws {AwsError} ValidationException */
export function indexOf(table: Table, name: string | undefined, start: Item | undefined): Index | undefined {
  if (name === undefined) return undefined;
  const index = table.indexes.find((one) => one.name === name);
  if (index?.filling) throw indexIsFilling();
  if (index) return index;
  throw start ? invalidStart() : noSuchIndex(name);
}
