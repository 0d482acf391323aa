import type { Context } from "#kernel/context.ts";
import { expiredToken, invalid } from "./errors.ts";

const LIFE_MS = 300_000;

/** Where a listing goes on, for five minutes. */
export const tokenOf = (ctx: Context, purpose: string, position: unknown): string =>
  ctx.seal.seal(purpose, [position, ctx.clock.now() + LIFE_MS]);

/** @throws {AwsError} InvalidArgumentException, ExpiredNextTokenException */
export function tokenIn<T>(ctx: Context, purpose: string, text: string): T {
  const content = ctx.seal.unseal(purpose, text) as [T, number] | undefined;
  if (!content) throw invalid("The NextToken is not valid.");
  const [position, until] = content;
  if (until < ctx.clock.now()) throw expiredToken();
  return position;
}
