import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Table } from "../store.ts";

/** How often a call looks for a home that is being moved, and the pause before it looks again. */
const MAX_LOOKS = 200;
const PAUSE_MS = 10;

/** The Region that has a table's latest items, unless it is the table's own. */
export const homeOf = ({ group }: Table): string | undefined =>
  group?.strong && group.strong.home !== group.region ? group.strong.home : undefined;

/** Thrown by a transaction that needs the latest items of a table, which are in another Region. */
export class HeldElsewhere extends Error {
  readonly region: string;
  /** The error of the call if these items are nowhere, since their home is being moved. */
  readonly unsettled: () => AwsError;
  constructor(region: string, unsettled: () => AwsError) {
    super(`the latest items are in ${region}`);
    this.region = region;
    this.unsettled = unsettled;
  }
}

/** Whether a read needs items that are in another Region. */
export const isHeldElsewhere = (reading: Promise<unknown>): Promise<boolean> =>
  reading.then(
    () => false,
    (error) => {
      if (error instanceof HeldElsewhere) return true;
      throw error;
    },
  );

/**
 * Runs a call's transactions in its own Region or, if a table's latest items are in another, there. An ordinary table is
 * not looked up for this: the transaction itself finds out.
 * @throws {AwsError} if the home is being moved for too long
 */
export const atHome = <R>(ctx: Context, run: (there: Context) => Promise<R>): Promise<R> =>
  run(ctx).catch((error) => runElsewhere(ctx, run, error));

async function runElsewhere<R>(
  ctx: Context,
  run: (there: Context) => Promise<R>,
  reason: unknown,
): Promise<R> {
  let error = reason;
  for (let looks = 0; error instanceof HeldElsewhere; looks++) {
    if (looks === MAX_LOOKS) throw error.unsettled();
    if (looks > 0) await pause(ctx);
    try {
      return await run(ctx.elsewhere(error.region));
    } catch (next) {
      error = next;
    }
  }
  throw error;
}

async function pause(ctx: Context): Promise<void> {
  const wait = ctx.wait(PAUSE_MS);
  try {
    await wait.parked(() => {});
  } finally {
    wait.end();
  }
}

type Operations = Handlers<"dynamodb">;

/** Handlers that run where a table's latest items are. */
export const followHome = <H extends Operations>(handlers: H): H =>
  Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      (ctx: Context, input: never) =>
        atHome(ctx, (there) => (handler as (ctx: Context, input: never) => Promise<object>)(there, input)),
    ]),
  ) as H;
