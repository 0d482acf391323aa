import type { Overrides } from "../store.ts";

/** A replica's override of an index's read capacity. Reads own properties, since an index may be named `constructor`. */
export function indexRead(overrides: Overrides | undefined, index: string): number | undefined {
  const reads = overrides?.indexes;
  return reads && Object.hasOwn(reads, index) ? reads[index] : undefined;
}
