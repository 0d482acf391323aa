import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { conditionFailed } from "../errors.ts";
import { testOf } from "../expressions/conditions.ts";
import type { Condition } from "../expressions/grammar.ts";
import { updateBy } from "../expressions/updates.ts";
import { type Consumption, refusedConsumption, writeConsumption } from "../items/capacity.ts";
import { checkedPut, checkNoKeyUpdates, returnedAttributes } from "../items/items.ts";
import { checkItemKeys, checkKey } from "../items/keys.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import type { Table } from "../store.ts";
import type { Meter } from "../throughput/meter.ts";
import { type Action, outcomeOf } from "../transactions/transactions.ts";
import type { Item, Value } from "../values/value.ts";
import { DUPLICATE, duplicateItem, keyNotGiven, notOnIndex, notWellFormed } from "./errors.ts";
import type { AnyStatement, Returning, Select } from "./grammar.ts";
import { singletonIn } from "./keys.ts";
import { literalPlaceholders } from "./literals.ts";

export type Write = Exclude<AnyStatement, Select>;

const isPresent = (item: Item) => Object.keys(item).length > 0;

/**
 * Converts a statement to an action of a transaction. An update fails if its item does not exist; a deletion has no effect
 * then.
 * @throws {AwsError} ValidationException
 */
export function actionBy(
  table: Table,
  statement: Write,
  values: readonly Value[],
  returnOnFailure: DynamoDB.ReturnValuesOnConditionCheckFailure | undefined,
): Action {
  if (statement.index !== undefined) throw notOnIndex();
  if (statement.type === "insert") {
    const item = values[Number(statement.item)]!.M;
    if (!item) throw notWellFormed("Expected a tuple in VALUE");
    const put = checkedPut(item);
    checkItemKeys(table, put);
    return {
      table: table.name,
      kind: "put",
      item: put,
      test: (present) => !isPresent(present),
      refusal: { Code: "DuplicateItem", Message: DUPLICATE },
      returnOnFailure,
    };
  }
  const placeholderMap = literalPlaceholders(values);
  const singleton = singletonIn(table.key, statement.where, values);
  if (!singleton) throw keyNotGiven();
  checkKey(table, singleton.key);
  const rest = ({ rest: condition }: { rest: Condition | undefined }) =>
    condition ? testOf("ConditionExpression", condition, placeholderMap) : () => true;
  const test = rest(singleton);
  const base = { table: table.name, item: singleton.key, returnOnFailure };
  switch (statement.type) {
    case "delete":
      return { ...base, kind: "delete", test: (present) => !isPresent(present) || test(present) };
    case "exists":
      return { ...base, kind: "check", test: (present) => isPresent(present) && test(present) };
    default: {
      const update = updateBy(statement.actions, placeholderMap);
      checkNoKeyUpdates(table, update);
      return {
        ...base,
        kind: "update",
        update,
        test: (present) => isPresent(present) && test(present),
      };
    }
  }
}

export interface Written {
  /** The item that RETURNING requests, if any. */
  item: Item | undefined;
  used: Consumption;
}

/** Performs a single statement, or throws without having changed anything. */
export async function write(
  tx: Transaction,
  table: Table,
  action: Action,
  returning: Returning | undefined,
  meter: Meter | undefined,
): Promise<Written> {
  const before = await itemAt(tx, table, action.item);
  if (action.test && !action.test(before ?? {})) {
    meter?.take("write", refusedConsumption(table, before));
    if (action.refusal) throw duplicateItem();
    throw conditionFailed(action.returnOnFailure === "ALL_OLD" ? before : undefined);
  }
  const after = outcomeOf(table, action, before);
  const used = writeConsumption(table, before, after);
  meter?.take("write", used);
  await changeItem(tx, table, before, after);
  const item = after ? returnedAttributes(returning, action.update, before, after) : returning && before;
  return { item, used };
}
