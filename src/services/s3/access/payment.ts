import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";

/** The calls for which the requester pays, recorded so that their responses can say so. */
const charged = new WeakSet<Context>();

export const noteCharge = (ctx: Context): void => void charged.add(ctx);

type AnyHandler = (ctx: Context, input: never) => Promise<object>;

/** Adds `RequestCharged` to the output of calls for which the requester pays. */
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
