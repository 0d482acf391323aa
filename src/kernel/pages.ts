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

/** Looks at one record more than fits: only so is it known whether another page follows. */
export async function page<T>(ctx: Context, request: PageRequest<T>): Promise<Page<T>> {
  const { listing, token, limit, list, position } = request;
  const purpose = JSON.stringify(["page", ctx.account, ctx.region, ...listing]);
  const after = token === undefined ? undefined : (ctx.seal.unseal(purpose, token) as Position | undefined);
  if (token !== undefined && after === undefined) throw request.invalidToken();
  const found = await list({ limit: limit + 1, ...(after && { after }) });
  const records = found.slice(0, limit);
  const more = found.length > limit;
  return { records, token: more ? ctx.seal.seal(purpose, position(records.at(-1)!)) : undefined };
}
