import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalid, invalidParameters, noSuchIndex } from "../errors.ts";
import { conditionOf, type Test } from "../expressions/conditions.ts";
import type { Placeholders, Placeholding } from "../expressions/placeholders.ts";
import { type Projection, projectionOf, projectPaths } from "../expressions/projections.ts";
import { checkKey, namesOf } from "../items/keys.ts";
import type { Index, Table } from "../store.ts";
import { checkedItem, type Item } from "../values/value.ts";

/** What a query or scan does with the items that it meets. */
export interface Reading {
  filter: Test;
  project: Projection;
  countsOnly: boolean;
  /** Items to look at; without end unless said. */
  limit: number | undefined;
  consistent: boolean | undefined;
  asked: DynamoDB.ReturnConsumedCapacity | undefined;
}

export interface Asked extends Placeholding {
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  Select?: DynamoDB.Select | undefined;
  Limit?: number | undefined;
  ConsistentRead?: boolean | undefined;
  ReturnConsumedCapacity?: DynamoDB.ReturnConsumedCapacity | undefined;
}

/** Reads the expressions. What is projected of an index is known with the table. */
export function readingOf(
  asked: Asked,
  holders: Placeholders,
): (table: Table, index: Index | undefined) => Reading {
  const filter =
    asked.FilterExpression === undefined
      ? () => true
      : conditionOf("FilterExpression", asked.FilterExpression, holders);
  const chosen =
    asked.ProjectionExpression === undefined ? undefined : projectionOf(asked.ProjectionExpression, holders);
  checkSelect(asked);
  return (table, index) => {
    if (index?.kind === "global" && asked.ConsistentRead)
      throw invalid("Consistent reads are not supported on global secondary indexes");
    if (asked.Select === "ALL_PROJECTED_ATTRIBUTES" && !index)
      throw invalidParameters("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    if (asked.Select === "ALL_ATTRIBUTES" && index?.kind === "global" && index.projection !== "ALL")
      throw invalidParameters(
        `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
      );
    const isWhole = asked.Select === "ALL_ATTRIBUTES" || !index || index.projection === "ALL";
    const shown = isWhole ? (item: Item) => item : projectedBy(table, index);
    return {
      filter: (item) => filter(shown(item)),
      project: chosen ? (item) => chosen(index?.kind === "local" ? item : shown(item)) : shown,
      countsOnly: asked.Select === "COUNT",
      limit: asked.Limit,
      consistent: asked.ConsistentRead,
      asked: asked.ReturnConsumedCapacity,
    };
  };
}

function checkSelect({ Select, ProjectionExpression }: Asked): void {
  if (Select === "SPECIFIC_ATTRIBUTES" && ProjectionExpression === undefined)
    throw invalidParameters(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    );
  if (Select !== undefined && Select !== "SPECIFIC_ATTRIBUTES" && ProjectionExpression !== undefined)
    throw invalid(
      `Cannot specify the ProjectionExpression when choosing to get ${Select === "COUNT" ? "only the Count" : Select}`,
    );
}

function projectedBy(table: Table, { key, included }: Index): Projection {
  const names = new Set([...namesOf(table.key), ...namesOf(key), ...included]);
  return projectPaths([...names].map((name) => [name]));
}

/** @throws {AwsError} ValidationException */
export function indexOf(table: Table, name: string | undefined): Index | undefined {
  if (name === undefined) return undefined;
  const index = table.indexes.find((one) => one.name === name);
  if (!index) throw noSuchIndex(name);
  return index;
}

/**
 * The key behind which a reading goes on.
 * @throws {AwsError} ValidationException
 */
export function startKeyOf(table: Table, index: Index | undefined, sent: Item | undefined): Item | undefined {
  if (!sent) return undefined;
  const key = checkedItem(sent);
  const names = new Set([...namesOf(table.key), ...(index ? namesOf(index.key) : [])]);
  if (Object.keys(key).length !== names.size) throw invalid("The provided starting key is invalid");
  try {
    checkKey(table, Object.fromEntries(namesOf(table.key).map((name) => [name, key[name]!])));
    if (index)
      checkKey(
        { key: index.key, types: table.types },
        Object.fromEntries(namesOf(index.key).map((name) => [name, key[name]!])),
      );
  } catch {
    throw invalid("The provided starting key is invalid");
  }
  return key;
}
