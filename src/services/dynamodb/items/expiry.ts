import type { KeyPart } from "#kernel/records/keys.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { expiryRows, type Table } from "../store.ts";
import { encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { isSameKey, keyOf, rowKey } from "./keys.ts";

/** An expiry time further in the past than this is taken for a value that is not a time. */
const MAX_AGE_YEARS = 5;
const YEAR_SECONDS = 31_536_000;

export function changeExpiry(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
): void {
  const was = before && expiryKey(table, before);
  const is = after && expiryKey(table, after);
  if (was && !(is && isSameKey(was, is))) tx.deleteBytes(expiryRows, was);
  if (is) tx.putBytes(expiryRows, is, encodeItem(keyOf(table.key, after!)));
}

function expiryKey(table: Table, item: Item): KeyPart[] | undefined {
  const second = expiryOf(table, item);
  if (second === undefined) return undefined;
  const [, ...own] = rowKey(table.number, table.key, item);
  return [table.number, second, ...own];
}

/** The expiry time in seconds since 1970; `undefined` for an item that does not expire. */
export function expiryOf({ ttl }: Table, item: Item): number | undefined {
  const value = ttl && Object.hasOwn(item, ttl.attribute) ? item[ttl.attribute]!.N : undefined;
  const second = value === undefined ? Number.NaN : Math.floor(Number(value));
  return Number.isSafeInteger(second) && second > 0 ? second : undefined;
}

/** Whether an expiry time, in seconds, is so far in the past that the item must not expire. @param now in milliseconds */
export const isTooOld = (second: number, now: number) => second < now / 1_000 - MAX_AGE_YEARS * YEAR_SECONDS;
