import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";

/** Calls whose callers pay for them, from the moment that this is known until they are answered. */
const charged = new WeakSet<Context>();

export const noteCharge = (ctx: Context): void => void charged.add(ctx);

type AnyHandler = (ctx: Context, input: never) => Promise<object>;

/** Tells callers who pay that they do. Answers that have no member for it stay as they are. */
export function tellingCharges(handlers: Handlers<"s3">): Handlers<"s3"> {
  const told = Object.entries(handlers).map(([name, handler]) => {
    const telling: AnyHandler = async (ctx, input) => {
      const answer = await (handler as AnyHandler)(ctx, input);
      return charged.has(ctx) ? { ...answer, RequestCharged: "requester" } : answer;
    };
    return [name, telling];
  });
  return Object.fromEntries(told);
}
