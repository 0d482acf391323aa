import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";

/** Calls that their callers pay for, from the moment that this is known to the answer. */
const charged = new WeakSet<Context>();

export const noteCharge = (ctx: Context): void => void charged.add(ctx);

type AnyHandler = (ctx: Context, input: never) => Promise<object>;

/** Tells callers that they were charged, in answers that have a member for it. */
export function withCharges(handlers: Handlers<"s3">): Handlers<"s3"> {
  const wrapped = Object.entries(handlers).map(([name, handler]) => {
    const wrapper: AnyHandler = async (ctx, input) => {
      const answer = await (handler as AnyHandler)(ctx, input);
      return charged.has(ctx) ? { ...answer, RequestCharged: "requester" } : answer;
    };
    return [name, wrapper];
  });
  return Object.fromEntries(wrapped);
}
