import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { conditionOf } from "../expressions/conditions.ts";
import {
  checkNoKeys,
  isInPartition,
  keyConditionOf,
  keyConditionsOf,
  keyRangeOf,
  meetsSort,
} from "../expressions/key-conditions.ts";
import { placeholders } from "../expressions/placeholders.ts";
import { type Projection, projectionOf } from "../expressions/projections.ts";
import { checkParameters } from "../items/request.ts";
import type { StoredFilter, Table } from "../store.ts";
import { decodeItem, encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { filterTooLarge } from "./errors.ts";

/** The most bytes of a filter, as it is stored with its export. */
const MAX_BYTES = 2 ** 20;

/** What a filtered export contains. */
export interface Filter {
  /** Whether an item meets the key condition. Others are neither read nor billed. */
  isRead(item: Item): boolean;
  holds(item: Item): boolean;
  project: Projection;
}

/**
 * Parses the expressions of a filtered export. The returned function checks what depends on the table.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Filtered.html
 * @throws {AwsError} ValidationException
 */
export function filterOf(
  specification: DynamoDB.FilterSpecification,
): (table: Pick<Table, "key" | "types">) => Filter {
  checkParameters(specification, ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"]);
  const {
    FilterExpression: filter,
    KeyConditionExpression: keyCondition,
    ProjectionExpression: projection,
  } = specification;
  const placeholderMap = placeholders(specification);
  const expressed = keyCondition === undefined ? undefined : keyConditionOf(keyCondition, placeholderMap);
  const holds = filter === undefined ? () => true : conditionOf("FilterExpression", filter, placeholderMap);
  const project = projection === undefined ? (item: Item) => item : projectionOf(projection, placeholderMap);
  placeholderMap.settle();
  const conditions = expressed && keyConditionsOf(expressed, placeholderMap);
  return ({ key, types }) => {
    const wanted = conditions && keyRangeOf(conditions, key, types);
    if (wanted) checkNoKeys(key, "Filter Expression", placeholderMap.names("FilterExpression"));
    const isRead = (item: Item) =>
      !wanted || (isInPartition(wanted, key, item) && meetsSort(wanted, key, item));
    return { isRead, holds, project };
  };
}

/** @throws {AwsError} ValidationException if it is too large */
export function storedFilter({
  ExpressionAttributeValues: values,
  ...specification
}: DynamoDB.FilterSpecification): StoredFilter {
  const encoded = values && encodeItem(values);
  const bytes = Buffer.byteLength(JSON.stringify(specification)) + (encoded?.length ?? 0);
  if (bytes > MAX_BYTES) throw filterTooLarge();
  return { ...specification, ...(encoded && { values: Buffer.from(encoded).toString("base64") }) };
}

export const filterStored = ({ values, ...specification }: StoredFilter): DynamoDB.FilterSpecification => ({
  ...specification,
  ...(values !== undefined && { ExpressionAttributeValues: decodeItem(Buffer.from(values, "base64")) }),
});
