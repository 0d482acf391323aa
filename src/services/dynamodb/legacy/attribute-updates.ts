import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { added, type Update, without } from "../expressions/updates.ts";
import { checkedValue, type Item, type TypeName, typeOf, type Value } from "../values/value.ts";

type Change = (present: Value | undefined) => Value | undefined;

const ADDABLE: readonly TypeName[] = ["N", "SS", "NS", "BS", "L"];
const DELETABLE: readonly TypeName[] = ["SS", "NS", "BS"];

/** @throws {AwsError} ValidationException */
export function attributeUpdates(updates: Record<string, DynamoDB.AttributeValueUpdate>): Update {
  const changes = Object.entries(updates).map(([name, update]) => [name, changeOf(update)] as const);
  return {
    paths: changes.map(([name]) => [name]),
    written: changes.map(([name]) => [name]),
    isOlder: true,
    isRemoval: changes.length > 0 && Object.values(updates).every(({ Action }) => Action === "DELETE"),
    apply(item) {
      const changed: Item = Object.assign(Object.create(null), item);
      for (const [name, change] of changes) {
        const value = change(Object.hasOwn(item, name) ? item[name] : undefined);
        if (value) changed[name] = value;
        else delete changed[name];
      }
      return changed;
    },
  };
}

function changeOf({ Action: action = "PUT", Value: sent }: DynamoDB.AttributeValueUpdate): Change {
  if (!sent) {
    if (action === "DELETE") return () => undefined;
    throw invalidParameters("Only DELETE action is allowed when no attribute value is specified");
  }
  const value = checkedValue(sent);
  const type = typeOf(value);
  if (action === "PUT") return () => value;
  if (action === "DELETE") {
    if (!DELETABLE.includes(type))
      throw invalidParameters(`DELETE action with value is not supported for the type ${type}`);
    return (present) => {
      checkType(present, type);
      const left = without(present, value);
      return left === "nothing" ? undefined : left;
    };
  }
  if (!ADDABLE.includes(type)) throw invalidParameters(`ADD action is not supported for the type ${type}`);
  return (present) => {
    checkType(present, type);
    if (present && value.L) return { L: [...present.L!, ...value.L] };
    return added(present, value);
  };
}

function checkType(present: Value | undefined, type: TypeName): void {
  if (present && typeOf(present) !== type) throw invalid("Type mismatch for attribute to update");
}
