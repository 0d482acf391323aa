import type { Context } from "#kernel/context.ts";
import { expiredToken, invalid } from "./errors.ts";

const LIFE_MS = 300_000;

/** A pagination token with a position, valid for five minutes in one account. */
export const tokenOf = (ctx: Context, purpose: string, position: unknown): string => {
  const sealed = ctx.seal.seal(`${purpose} of ${ctx.account}`, [position, ctx.clock.now() + LIFE_MS]);
  return Buffer.from(`${ctx.account}:${sealed}`).toString("base64");
};

const read = (text: string) => /^(\d{12}):(.*)$/.exec(Buffer.from(text, "base64").toString("latin1"));

/** The account in a token, which only {@link tokenIn} verifies. */
export const accountIn = (text: string): string | undefined => read(text)?.[1];

/** @throws {AwsError} InvalidArgumentException, ExpiredNextTokenException */
export function tokenIn<T>(ctx: Context, purpose: string, text: string): T {
  const sealed = read(text)?.[2] ?? "";
  const content = ctx.seal.unseal(`${purpose} of ${ctx.account}`, sealed) as [T, number] | undefined;
  if (!content) throw invalid("The NextToken is not valid.");
  const [position, until] = content;
  if (until < ctx.clock.now()) throw expiredToken();
  return position;
}
