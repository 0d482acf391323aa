import type { AwsError } from "#aws/errors.ts";
import type { Context } from "../context.ts";

/**
 * A request for one page of a listing. Its token is the end position of the previous page, sealed so that
 * clients can neither read nor forge it.
 */
export interface PageRequest<T> {
  /** The listing and the filters that apply to it: a token is valid only for the same ones. */
  listing: readonly string[];
  token: string | undefined;
  /** At most 999. */
  limit: number;
  list: (range: { after?: Position; limit: number }) => Promise<T[]>;
  /** Whether a record passes the filters that the range could not express. */
  fits?: (record: T) => boolean;
  /** A record's position in the order of the listing. */
  position: (record: T) => Position;
  /** The service's error for an invalid token. */
  invalidToken: () => AwsError;
}

/** A key below the range's `in`. */
export type Position = readonly (string | number)[];

export interface Page<T> {
  records: T[];
  token: string | undefined;
}

/**
 * Records per further read: few, because records may be large and most listings need one page. With a
 * selective filter a page may therefore be short and still have a token.
 */
const READ_SIZE = 100;
const MAX_READS = 100;

/** Reads one record more than the page holds, which shows whether another page follows. */
export async function page<T>(ctx: Context, request: PageRequest<T>): Promise<Page<T>> {
  const { listing, token, limit, list, position, fits = () => true } = request;
  const purpose = JSON.stringify(["page", ctx.account, ctx.region, ...listing]);
  const tokenAt = (record: T) => ctx.seal.seal(purpose, position(record));
  let after = token === undefined ? undefined : (ctx.seal.unseal(purpose, token) as Position | undefined);
  if (token !== undefined && after === undefined) throw request.invalidToken();
  const records: T[] = [];
  for (let reads = 1; ; reads++) {
    const size = reads === 1 ? limit + 1 : READ_SIZE;
    const batch = await list({ limit: size, ...(after && { after }) });
    for (const record of batch) {
      if (!fits(record)) continue;
      if (records.length === limit) return { records, token: tokenAt(records.at(-1)!) };
      records.push(record);
    }
    if (batch.length < size) return { records, token: undefined };
    const last = batch.at(-1)!;
    if (reads === MAX_READS) return { records, token: tokenAt(last) };
    after = position(last);
  }
}
