import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { KeyPart } from "#kernel/records/keys.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { conditionFailed, invalid, invalidParameters, itemTooLarge, updatedItemTooLarge } from "../errors.ts";
import { conditionOf, type Test } from "../expressions/conditions.ts";
import { type PlaceholderParameters, type Placeholders, placeholders } from "../expressions/placeholders.ts";
import { projectPaths } from "../expressions/projections.ts";
import { type Update, updateOf } from "../expressions/updates.ts";
import { attributeUpdates } from "../legacy/attribute-updates.ts";
import { expectedIn } from "../legacy/expected.ts";
import type { Table } from "../store.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
import { MAX_ITEM_BYTES, sizeOfItem } from "../values/size.ts";
import { rawItem } from "../values/stored.ts";
import { attributeOf, checkedItem, checkNesting, type Item } from "../values/value.ts";
import {
  consumedCapacity,
  readUnits,
  refusedConsumption,
  returnsCapacity,
  writeConsumption,
  written,
} from "./capacity.ts";
import { itemCollectionMetrics } from "./collections.ts";
import { checkIndexKeys, checkKey, checkUpdatedIndexKeys, namesOf, rowKey } from "./keys.ts";
import { checkParameters, projectionIn } from "./request.ts";
import { checkPut, isTooLarge } from "./room.ts";
import { changeItem, itemAt, storedItemAt, tableToRead, tableToWrite } from "./rows.ts";
import { needsPreviousItem } from "./write.ts";

/** Most reads of the store complete synchronously. `whenReady` then continues without awaiting a promise. */
export const itemOperations = {
  async GetItem(ctx, input) {
    checkParameters(input, ["ProjectionExpression"], ["AttributesToGet"]);
    const key = checkedItem(input.Key);
    const project = projectionIn(input);
    return ctx.read((tx) =>
      whenReady(tableToRead(tx, input.TableName, input.ConsistentRead), (table) => {
        checkKey(table, key);
        return whenReady(storedItemAt(tx, table, key), (stored) => {
          const units = readUnits(stored?.size ?? 0, input.ConsistentRead);
          const used = { table, units, indexes: NO_INDEXES };
          meterOf(ctx, tx)?.take("read", used);
          return {
            Item: stored && (project ? project(stored.item) : rawItem(stored)),
            ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, used),
          };
        });
      }),
    );
  },

  async PutItem(ctx, input) {
    checkParameters(input, ["ConditionExpression"], ["Expected", "ConditionalOperator"]);
    const item = checkedItem(input.Item);
    checkReturnValues(input.ReturnValues);
    const size = checkedSize(item);
    const test = conditionIn(input);
    return ctx.transact((tx) =>
      whenReady(tableToWrite(tx, input.TableName), (table) => {
        checkPut(table, item, size);
        const row = rowKey(table.number, table.key, item);
        const meter = meterOf(ctx, tx);
        const isBlind = !test && !meter && !needsPreviousItem(table) && !returnsPreviousItem(input);
        return whenReady(isBlind ? undefined : itemAt(tx, table, item, row), (before) => {
          checkCondition(test, table, before, input.ReturnValuesOnConditionCheckFailure, meter);
          meter?.take("write", writeConsumption(table, before, item));
          return whenReady(changeItem(tx, table, before, item, { row, size }), () => {
            const Attributes = input.ReturnValues === "ALL_OLD" ? before : undefined;
            return responseOf(tx, input, { table, key: item, row, before, after: item }, Attributes);
          });
        });
      }),
    );
  },

  async DeleteItem(ctx, input) {
    checkParameters(input, ["ConditionExpression"], ["Expected", "ConditionalOperator"]);
    const key = checkedItem(input.Key);
    checkReturnValues(input.ReturnValues);
    const test = conditionIn(input);
    return ctx.transact((tx) =>
      whenReady(tableToWrite(tx, input.TableName), (table) => {
        checkKey(table, key);
        const row = rowKey(table.number, table.key, key);
        return whenReady(itemAt(tx, table, key, row), (before) => {
          const meter = meterOf(ctx, tx);
          checkCondition(test, table, before, input.ReturnValuesOnConditionCheckFailure, meter);
          meter?.take("write", writeConsumption(table, before, undefined));
          return whenReady(changeItem(tx, table, before, undefined, { row }), () => {
            const Attributes = input.ReturnValues === "ALL_OLD" ? before : undefined;
            return responseOf(tx, input, { table, key, row, before, after: undefined }, Attributes);
          });
        });
      }),
    );
  },

  async UpdateItem(ctx, input) {
    checkParameters(
      input,
      ["UpdateExpression", "ConditionExpression"],
      ["AttributeUpdates", "Expected", "ConditionalOperator"],
    );
    const key = checkedItem(input.Key);
    const { update, test } = updateIn(input);
    return ctx.transact((tx) =>
      whenReady(tableToWrite(tx, input.TableName), (table) => {
        checkKey(table, key);
        if (update) checkNoKeyUpdates(table, update);
        const row = rowKey(table.number, table.key, key);
        return whenReady(itemAt(tx, table, key, row), (before) => {
          const meter = meterOf(ctx, tx);
          checkCondition(test, table, before, input.ReturnValuesOnConditionCheckFailure, meter);
          const after = updatedItem(table, key, before, update);
          meter?.take("write", writeConsumption(table, before, after));
          return whenReady(changeItem(tx, table, before, after, { row }), () => {
            const Attributes = returnedAttributes(input.ReturnValues, update, before, after);
            return responseOf(tx, input, { table, key, row, before, after }, Attributes);
          });
        });
      }),
    );
  },
} satisfies Handlers<"dynamodb">;

const NO_INDEXES = new Map<string, number>();

/** @throws {AwsError} ValidationException */
export function checkedPut(sent: Item): Item {
  const item = checkedItem(sent);
  checkedSize(item);
  return item;
}

/** @throws {AwsError} ValidationException */
export function checkedSize(item: Item): number {
  const size = sizeOfItem(item);
  if (size > MAX_ITEM_BYTES) throw itemTooLarge();
  return size;
}

interface Conditional extends PlaceholderParameters {
  ConditionExpression?: string | undefined;
  Expected?: Record<string, DynamoDB.ExpectedAttributeValue> | undefined;
  ConditionalOperator?: DynamoDB.ConditionalOperator | undefined;
}

interface Updating extends Conditional {
  UpdateExpression?: string | undefined;
  AttributeUpdates?: Record<string, DynamoDB.AttributeValueUpdate> | undefined;
}

/** @throws {AwsError} ValidationException */
export function conditionIn(input: Conditional): Test | undefined {
  const expected = expectedIn(input);
  if (input.ConditionExpression === undefined) return expected;
  const placeholderMap = placeholders(input);
  const test = conditionWith(input, placeholderMap);
  placeholderMap.settle();
  return test;
}

const conditionWith = ({ ConditionExpression: source }: Conditional, placeholderMap: Placeholders) =>
  source === undefined ? undefined : conditionOf("ConditionExpression", source, placeholderMap);

/** @throws {AwsError} ValidationException */
export function updateIn(input: Updating): { update: Update | undefined; test: Test | undefined } {
  const { UpdateExpression: source, AttributeUpdates: updates } = input;
  const older = updates && attributeUpdates(updates);
  const expected = expectedIn(input);
  if (source === undefined && input.ConditionExpression === undefined)
    return { update: older, test: expected };
  const placeholderMap = placeholders(input);
  const update = source === undefined ? undefined : updateOf(source, placeholderMap);
  const test = conditionWith(input, placeholderMap);
  placeholderMap.settle();
  return { update, test };
}

interface Change {
  table: Table;
  /** The key of the item, possibly with further attributes. */
  key: Item;
  /** The item's row key. */
  row: readonly KeyPart[];
  before: Item | undefined;
  after: Item | undefined;
}

/** The response to a write. */
function responseOf(
  tx: Transaction,
  input: Pick<DynamoDB.PutItemInput, "ReturnConsumedCapacity" | "ReturnItemCollectionMetrics">,
  { table, key, row, before, after }: Change,
  Attributes: Item | undefined,
): MaybePromise<DynamoDB.PutItemOutput> {
  const ConsumedCapacity = written(input.ReturnConsumedCapacity, table, before, after);
  return whenReady(
    itemCollectionMetrics(input.ReturnItemCollectionMetrics, tx, table, key, row),
    (ItemCollectionMetrics) => ({ Attributes, ConsumedCapacity, ItemCollectionMetrics }),
  );
}

/** Whether the response to a put depends on the item that it replaces. */
const returnsPreviousItem = ({ ReturnValues, ReturnConsumedCapacity }: DynamoDB.PutItemInput): boolean =>
  ReturnValues === "ALL_OLD" || returnsCapacity(ReturnConsumedCapacity);

/**
 * Checks a write's condition; a failed one consumes capacity, too.
 * @throws {AwsError} ConditionalCheckFailedException
 */
function checkCondition(
  test: Test | undefined,
  table: Table,
  item: Item | undefined,
  returnOnFailure: DynamoDB.ReturnValuesOnConditionCheckFailure | undefined,
  meter: Meter | undefined,
): void {
  if (!test || test(item ?? {})) return;
  meter?.take("write", refusedConsumption(table, item));
  throw conditionFailed(returnOnFailure === "ALL_OLD" ? item : undefined);
}

export function checkNoKeyUpdates(table: Table, { paths }: Update): void {
  const keys = namesOf(table.key);
  const key = paths.map(([name]) => String(name)).find((name) => keys.includes(name));
  if (key !== undefined)
    throw invalidParameters(`Cannot update attribute ${key}. This attribute is part of the key`);
}

/** The result of an update, whether the item exists or not. @throws {AwsError} ValidationException */
export function updatedItem(
  table: Table,
  key: Item,
  before: Item | undefined,
  update: Update | undefined,
): Item | undefined {
  const after = update ? update.apply(before ?? key) : (before ?? key);
  if (update?.isOlder) checkIndexKeys(table, after);
  else if (update) checkUpdatedIndexKeys(table, after);
  for (const name of new Set(update?.written.map(([first]) => String(first)))) {
    const value = attributeOf(after, name);
    if (value && (value.M || value.L)) checkNesting(value);
  }
  if (isTooLarge(table, after, sizeOfItem(after))) throw updatedItemTooLarge();
  return !before && update?.isRemoval ? undefined : after;
}

function checkReturnValues(returnValues: DynamoDB.ReturnValue | undefined): void {
  if (returnValues !== undefined && returnValues !== "NONE" && returnValues !== "ALL_OLD")
    throw invalid("ReturnValues can only be ALL_OLD or NONE");
}

/** The attributes that `ReturnValues` requests. */
export function returnedAttributes(
  returnValues: DynamoDB.ReturnValue | undefined,
  update: Update | undefined,
  before: Item | undefined,
  after: Item | undefined,
): Item | undefined {
  switch (returnValues) {
    case "ALL_OLD":
      return before;
    case "ALL_NEW":
      return after;
    case "UPDATED_OLD":
    case "UPDATED_NEW": {
      const [item, paths] =
        returnValues === "UPDATED_OLD" ? [before, update?.paths] : [after, update?.written];
      const part = paths && item && projectPaths(paths)(item);
      return part && Object.keys(part).length > 0 ? part : undefined;
    }
    default:
      return undefined;
  }
}
