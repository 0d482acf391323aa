import type { Transaction } from "#kernel/records/transaction.ts";
import type { Bucket } from "../store.ts";
import { deliverLogs } from "./delivery.ts";
import { DELIVERY_DELAY_MS, logRecords } from "./store.ts";

/** Appends lines to a bucket's pending log. If none are pending, a delivery is scheduled. */
export async function append(
  tx: Transaction,
  { id, name }: Bucket,
  time: number,
  lines: readonly string[],
): Promise<void> {
  const waiting = await tx.list(logRecords, { in: [id], limit: 1 });
  for (const line of lines) tx.put(logRecords, { bucket: id, order: tx.sequence(), time, line });
  if (waiting.length === 0) tx.enqueue(deliverLogs, { bucket: name, id }, { delay: DELIVERY_DELAY_MS });
}
