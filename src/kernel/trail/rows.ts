import { collection } from "../records/collection.ts";

/** A CloudTrail record. */
export interface TrailRecord {
  eventTime: number;
  eventID: string;
  recipientAccountId: string;
  [field: string]: unknown;
}

/**
 * Records that were written together. Fields equal in all of them are stored once, since consecutive calls
 * differ little.
 */
export interface TrailRow {
  time: number;
  order: number;
  common: Readonly<Record<string, unknown>>;
  /** The remaining fields of each record, oldest first. */
  records: readonly Readonly<Record<string, unknown>>[];
}

/** Kept for 90 days, like CloudTrail's event history. */
export const trailRows = collection<TrailRow>("kernel/trail", {
  scope: "partition",
  key: (t) => [t.time, t.order],
  version: 2,
  upgrade: (row) => ({ ...(row as TrailRow), common: {} }),
});

/** @param records at least one */
export function rowOf(records: readonly TrailRecord[]): Pick<TrailRow, "common" | "records"> {
  const [first, ...others] = records as [TrailRecord, ...TrailRecord[]];
  const common: Record<string, unknown> = {};
  for (const field in first)
    if (others.every((other) => isSame(other[field], first[field]))) common[field] = first[field];
  return { common, records: records.map((record) => without(common, record)) };
}

export function recordsIn({ common, records }: TrailRow): TrailRecord[] {
  return records.map((own) => ({ ...common, ...own }) as TrailRecord);
}

function without(common: Readonly<Record<string, unknown>>, record: TrailRecord): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const field in record) if (!Object.hasOwn(common, field)) own[field] = record[field];
  return own;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  for (const field in one) if (!isSame(one[field], other[field])) return false;
  for (const field in other) if (!Object.hasOwn(one, field)) return false;
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
