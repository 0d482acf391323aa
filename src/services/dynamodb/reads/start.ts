import { AwsError } from "#aws/errors.ts";
import { invalid } from "../errors.ts";
import { checkKeySizes, checkKeyValue, namesOf } from "../items/keys.ts";
import type { Index, Table } from "../store.ts";
import { checkedItem, type Item, typeOf } from "../values/value.ts";

const INVALID = "The provided starting key is invalid";

/** Errors about numbers and duplicates are not prefixed with the mention of the start key. */
const UNPREFIXED = /number|Number|numeric|contains duplicates/;

/** Checks the values of a start key. @throws {AwsError} ValidationException */
export function startIn(sent: Item | undefined): Item | undefined {
  return sent && inStart(() => checkedItem(sent));
}

function inStart<R>(check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AwsError) || UNPREFIXED.test(error.message)) throw error;
    throw invalid(`${INVALID}: ${error.message}`);
  }
}

/**
 * Checks a start key against the key schemas of the table and the index.
 * @throws {AwsError} ValidationException
 */
export function checkStart(
  table: Table,
  index: Index | undefined,
  start: Item,
  operation: "Query" | "Scan",
): void {
  const names = new Set([...namesOf(table.key), ...(index ? namesOf(index.key) : [])]);
  const isKey = (name: string) => Object.hasOwn(start, name) && typeOf(start[name]!) === table.types[name];
  if (Object.keys(start).length === names.size && [...names].every(isKey)) {
    for (const name of names) inStart(() => checkKeyValue(name, start[name]!));
    for (const key of [table.key, ...(index ? [index.key] : [])]) checkKeySizes(key, start);
    return;
  }
  throw invalid(
    operation === "Scan" && !index
      ? `${INVALID}: The provided key element does not match the schema`
      : INVALID,
  );
}

export const invalidStart = () => invalid(INVALID);
