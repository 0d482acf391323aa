import type { KeyPart } from "#kernel/keys.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { expiryRows, type Table } from "../store.ts";
import { encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { isSameKey, keyOf, rowKey } from "./keys.ts";

/** What is older than that was never meant as a time. */
const OLDEST_YEARS = 5;
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

/** Seconds since 1970; `undefined` for an item that stays. */
export function expiryOf({ ttl }: Table, item: Item): number | undefined {
  const value = ttl && Object.hasOwn(item, ttl.attribute) ? item[ttl.attribute]!.N : undefined;
  const second = value === undefined ? Number.NaN : Math.floor(Number(value));
  return Number.isSafeInteger(second) && second > 0 ? second : undefined;
}

/** An item whose time is years ago is taken for one whose attribute says something else. */
export const isTooOld = (second: number, now: number) => second < now / 1_000 - OLDEST_YEARS * YEAR_SECONDS;
