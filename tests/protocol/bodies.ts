import type { Body } from "#lib/body.ts";

export function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "bytes" in value;
}
