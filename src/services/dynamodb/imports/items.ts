import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import { checkPut } from "../items/room.ts";
import type { Table } from "../store.ts";
import { isBase64, itemOfJson } from "../values/json.ts";
import { sizeOfItem } from "../values/size.ts";
import { checkedItem, type Item, type Value } from "../values/value.ts";
import { rowsOf, Unreadable } from "./csv.ts";
import { itemsOfIon } from "./ion.ts";
import { ionValues } from "./ion-values.ts";

/** The most characters of one line. */
const MAX_CHARACTERS = 4 * 2 ** 20;

type Format = Pick<DynamoDB.ImportTableInput, "InputFormat" | "InputFormatOptions">;

/**
 * Parses the items of a file. Yields `undefined` for each invalid item, and as the last element if the rest of the file
 * cannot be parsed.
 */
export async function* itemsIn(
  bytes: AsyncIterable<Uint8Array>,
  table: Table,
  { InputFormat, InputFormatOptions }: Format,
): AsyncGenerator<Item | undefined> {
  const text = textOf(bytes);
  const read =
    InputFormat === "CSV"
      ? csvItems(text, table, InputFormatOptions?.Csv ?? {})
      : InputFormat === "ION"
        ? ionItems(text)
        : jsonItems(text);
  try {
    for await (const item of read) yield item && storable(table, item);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield undefined;
  }
}

/** The item if `PutItem` would accept it. */
function storable(table: Table, sent: Item): Item | undefined {
  try {
    const item = checkedItem(sent);
    checkPut(table, item, sizeOfItem(item));
    return item;
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return undefined;
    throw error;
  }
}

async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8");
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** Parses lines of `{"Item": {…}}`. */
async function* jsonItems(text: AsyncIterable<string>): AsyncGenerator<Item | undefined> {
  for await (const line of linesOf(text)) {
    let read: unknown;
    try {
      read = JSON.parse(line);
    } catch {
      throw new Unreadable("a line that is no JSON");
    }
    yield itemOfJson((read as { Item?: unknown } | null)?.Item);
  }
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") yield line;
    if (rest.length > MAX_CHARACTERS) throw new Unreadable("a line without an end");
  }
  if (rest.trim() !== "") yield rest;
}

async function* ionItems(text: AsyncIterable<string>): AsyncGenerator<Item | undefined> {
  for await (const value of ionValues(text)) yield* itemsOfIon(value);
}

/** All attributes except keys are strings; empty cells are omitted. */
async function* csvItems(
  text: AsyncIterable<string>,
  table: Table,
  { Delimiter: delimiter = ",", HeaderList: names }: DynamoDB.CsvOptions,
): AsyncGenerator<Item | undefined> {
  let header = names;
  for await (const row of rowsOf(text, delimiter)) {
    if (header) yield row.length === header.length ? itemOf(table, header, row) : undefined;
    else header = row;
  }
}

function itemOf({ types }: Table, header: readonly string[], row: readonly string[]): Item {
  const item: Item = Object.create(null);
  for (const [at, name] of header.entries()) {
    const cell = row[at]!;
    if (cell !== "") item[name] = cellValue(Object.hasOwn(types, name) ? types[name]! : "S", cell);
  }
  return item;
}

/** A value of the key's type. An invalid one remains a string, which validation against the table then rejects. */
function cellValue(type: DynamoDB.ScalarAttributeType, cell: string): Value {
  if (type === "B" && isBase64(cell)) return { B: Buffer.from(cell, "base64") };
  return type === "N" ? { N: cell } : { S: cell };
}
