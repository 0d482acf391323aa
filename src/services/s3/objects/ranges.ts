import { invalidRange } from "../errors.ts";

/** Bytes from `start` to `end`, which is exclusive. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The bytes that a Range header selects; `undefined` for all. Like most servers, S3 ignores what it does not
 * understand, and several ranges at once.
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

/** The value of Content-Range. */
export function contentRange({ start, end }: Span, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
