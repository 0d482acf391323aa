import { invalidRange } from "../errors.ts";

/** A span of bytes from `start` (inclusive) to `end` (exclusive). */
export interface Span {
  start: number;
  end: number;
}

/**
 * Returns the bytes that a Range header selects, or `undefined` for all. Like most servers, S3 ignores
 * multiple ranges and headers that it cannot parse.
 * @throws {AwsError} InvalidRange
 */
export function spanOf(range: string | undefined, size: number): Span | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range?.trim() ?? "") ?? [];
  if (range === undefined || first === undefined || last === undefined || (first === "" && last === ""))
    return undefined;
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(range, size);
  return { start, end };
}

/** Returns the value of the Content-Range header. */
export function contentRange({ start, end }: Span, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
