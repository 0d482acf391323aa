/** Whether lists and objects are nested more than `levels` deep. The recursion is bounded by `levels`. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((one) => isDeeperThan(levels - 1, one));
  for (const name in value) {
    if (isDeeperThan(levels - 1, (value as Record<string, unknown>)[name])) return true;
  }
  return false;
}

/** The depth that AWS's JSON parsers accept, far less than would overflow the stack. */
export const MAX_JSON_DEPTH = 1_000;
