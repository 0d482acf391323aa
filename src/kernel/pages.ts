import type { AwsError } from "#aws/errors.ts";
import type { Context } from "./context.ts";

/** A page of a listing. Its token tells where the page before it ended, sealed, so that nobody reads or makes one. */
export interface PageRequest<T> {
  /** Names the listing and whatever narrows it: a token continues no other. */
  listing: readonly string[];
  token: string | undefined;
  /** At most 999. */
  limit: number;
  list: (range: { after?: Position; limit: number }) => Promise<T[]>;
  /** Whether the caller asked for a record that the range could not leave out. */
  fits?: (record: T) => boolean;
  /** Where a record stands in the listing's order. */
  position: (record: T) => Position;
  /** What the service says to a token that is not its own. */
  invalidToken: () => AwsError;
}

/** A key below the range's `in`. */
export type Position = readonly (string | number)[];

export interface Page<T> {
  records: T[];
  token: string | undefined;
}

/**
 * Records of each further read, few because they may be large, and most reads of one page: a page of what is rare may
 * come short, with a token.
 */
const READ_SIZE = 100;
const MAX_READS = 100;

/** Looks at one record more than fits into a page: only so is it known whether another page follows. */
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
