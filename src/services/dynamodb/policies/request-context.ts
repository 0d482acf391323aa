import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Keys } from "#aws/languages/policy/pattern.ts";
import { conditionOf } from "../expressions/conditions.ts";
import { type KeyCondition, keyConditionOf, keyConditionsOf } from "../expressions/key-conditions.ts";
import { type PlaceholderParameters, type Placeholders, placeholders } from "../expressions/placeholders.ts";
import { projectionOf } from "../expressions/projections.ts";
import type { Kind } from "../expressions/tokens.ts";
import { updateOf } from "../expressions/updates.ts";
import { partitionNames } from "../items/keys.ts";
import { checkedConditions } from "../legacy/conditions.ts";
import { keyConditionsIn } from "../legacy/key-conditions.ts";
import type { KeyNames, Table } from "../store.ts";
import { attributeOf, checkedValue, type Item, type Value } from "../values/value.ts";

/** The facts about a request to one table that policy conditions may refer to. */
export interface RequestContext {
  /** The values of the first partition key attribute; `undefined` if the request names none. */
  leading(table: Table, key: KeyNames): readonly (Value | undefined)[] | undefined;
  /** The names of the attributes in the request. */
  attributes(): Iterable<string>;
  Select?: string | undefined;
  ReturnValues?: string | undefined;
  ReturnConsumedCapacity?: string | undefined;
  EnclosingOperation?: string | undefined;
  isFullScan?(table: Table, key: KeyNames): boolean;
}

/**
 * DynamoDB's own condition keys, computed when a policy refers to them. Invalid parts of a request yield no key, since the
 * request fails validation in any case.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function conditionKeys(context: RequestContext, table: Table, index: string | undefined): Keys {
  const key = table.indexes.find(({ name }) => name === index)?.key ?? table.key;
  return (name) => {
    switch (name) {
      case "dynamodb:leadingkeys":
        return attempt(() => context.leading(table, key)?.flatMap((value) => (value ? textOf(value) : [])));
      case "dynamodb:attributes":
        return attempt(() => [...new Set(context.attributes())]);
      case "dynamodb:select":
        return context.Select;
      case "dynamodb:returnvalues":
        return context.ReturnValues;
      case "dynamodb:returnconsumedcapacity":
        return context.ReturnConsumedCapacity;
      case "dynamodb:enclosingoperation":
        return context.EnclosingOperation;
      case "dynamodb:fulltablescan":
        return attempt(() => context.isFullScan && String(context.isFullScan(table, key)));
      default:
        return undefined;
    }
  };
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function textOf(value: Value): string[] {
  const { S, N, B } = checkedValue(value);
  return S === undefined && N === undefined && B === undefined
    ? []
    : [S ?? N ?? Buffer.from(B!).toString("base64")];
}

/** The members of all item operations that contain attribute names. */
type Request = PlaceholderParameters & {
  readonly [Member in Kind | "ReturnConsumedCapacity" | "ReturnValues"]?: string | undefined;
} & {
  readonly [Member in "Expected" | "AttributeUpdates" | "KeyConditions" | "QueryFilter" | "ScanFilter"]?:
    | object
    | undefined;
} & { readonly AttributesToGet?: readonly string[] | undefined };

/** The context of an operation that names items by their keys or contains them. */
export const itemsContext = (
  request: Request,
  items: readonly Item[],
  more: Partial<RequestContext> = {},
): RequestContext => ({
  leading: (_, key) => items.map((item) => attributeOf(item, partitionNames(key)[0]!)),
  attributes: () => [...items.flatMap((item) => Object.keys(item)), ...namesIn(request)],
  ReturnConsumedCapacity: request.ReturnConsumedCapacity ?? "NONE",
  ...more,
});

/** The `Select` value of a read, which may be implicit. */
export const selectOf = (
  { ProjectionExpression, AttributesToGet }: Request,
  select?: string,
  index?: string,
): string => {
  if (select !== undefined) return select;
  if (ProjectionExpression !== undefined || AttributesToGet) return "SPECIFIC_ATTRIBUTES";
  return index === undefined ? "ALL_ATTRIBUTES" : "ALL_PROJECTED_ATTRIBUTES";
};

export const queryContext = (input: DynamoDB.QueryInput): RequestContext => ({
  leading(_, key) {
    const condition = conditionsIn(input).get(partitionNames(key)[0]!);
    return condition?.operator === "=" ? condition.values : [];
  },
  attributes: () => namesIn(input as Request),
  Select: selectOf(input as Request, input.Select, input.IndexName),
  ReturnConsumedCapacity: input.ReturnConsumedCapacity ?? "NONE",
});

/** A scan has no leading keys, since it reads all items. */
export const scanContext = (input: DynamoDB.ScanInput): RequestContext => ({
  leading: () => undefined,
  attributes: () => namesIn(input as Request),
  Select: selectOf(input as Request, input.Select, input.IndexName),
  ReturnConsumedCapacity: input.ReturnConsumedCapacity ?? "NONE",
});

function conditionsIn(input: DynamoDB.QueryInput): ReadonlyMap<string, KeyCondition> {
  if (input.KeyConditionExpression === undefined)
    return keyConditionsIn(checkedConditions(input.KeyConditions));
  const placeholderMap = placeholders(input);
  return keyConditionsOf(keyConditionOf(input.KeyConditionExpression, placeholderMap), placeholderMap);
}

const READERS: Partial<Record<Kind, (source: string, placeholderMap: Placeholders) => unknown>> = {
  ConditionExpression: (source, placeholderMap) => conditionOf("ConditionExpression", source, placeholderMap),
  FilterExpression: (source, placeholderMap) => conditionOf("FilterExpression", source, placeholderMap),
  KeyConditionExpression: keyConditionOf,
  ProjectionExpression: projectionOf,
  UpdateExpression: updateOf,
};

function namesIn(request: Request): string[] {
  const { Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter } = request;
  const legacyConditions = [Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter];
  const placeholderMap = placeholders(request);
  const kinds = (Object.keys(READERS) as Kind[]).filter((kind) => request[kind] !== undefined);
  for (const kind of kinds) READERS[kind]!(request[kind]!, placeholderMap);
  return [
    ...kinds.flatMap((kind) => [...placeholderMap.names(kind)]),
    ...legacyConditions.flatMap((conditions) => Object.keys(conditions ?? {})),
    ...(request.AttributesToGet ?? []),
  ];
}
