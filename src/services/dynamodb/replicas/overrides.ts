import type { Overrides } from "../store.ts";

/** With how many units an index is read in this replica alone. Its name may be one that every object has. */
export function indexRead(overrides: Overrides | undefined, index: string): number | undefined {
  const reads = overrides?.indexes;
  return reads && Object.hasOwn(reads, index) ? reads[index] : undefined;
}
