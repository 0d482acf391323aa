import type { Transaction } from "#kernel/records/transaction.ts";
import type { Table } from "../store.ts";

/** How long a change is shown as in progress, at least. */
export const CHANGE_MS = 1_000;

/** A requested change of a table's replicas. */
export interface ReplicaChange {
  /** @throws {AwsError} if the table does not allow the change */
  check(table: Table): void;
  begin(tx: Transaction, table: Table, now: number): Table | Promise<Table>;
}
