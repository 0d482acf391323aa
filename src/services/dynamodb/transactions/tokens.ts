import { collection } from "#kernel/collection.ts";
import { job } from "#kernel/jobs.ts";
import { memory } from "#kernel/memory.ts";
import { faultsOf } from "#kernel/service.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { digestOf } from "../digest.ts";

const fault = faultsOf<"dynamodb">();

/** For so long a token stands for the call that it came with first. */
const TOKEN_MS = 600_000;
const PAGE = 500;

export interface Token {
  token: string;
  /** Of the whole request. */
  digest: string;
}

/** Which span of ten minutes a token is of stands first in its key: what has had its time lies together. */
const tokens = collection<Token & { span: number; until: number }>("dynamodb/token-of-span", {
  scope: "region",
  key: (t) => [t.span, t.token],
});

/** What a request came with. */
export const tokenIn = (input: { ClientRequestToken?: string | undefined }): Token | undefined =>
  input.ClientRequestToken === undefined
    ? undefined
    : { token: input.ClientRequestToken, digest: digestOf(input) };

const spanAt = (time: number) => Math.floor(time / TOKEN_MS);

/** Whether a call with this token was done. @throws {AwsError} IdempotentParameterMismatchException if it was another one */
export async function isDone(tx: ReadTransaction, { token, digest }: Token): Promise<boolean> {
  const now = tx.now();
  const span = spanAt(now);
  const earlier = (await tx.get(tokens, [span, token])) ?? (await tx.get(tokens, [span - 1, token]));
  if (!earlier || earlier.until <= now) return false;
  if (earlier.digest !== digest)
    throw fault(
      "IdempotentParameterMismatchException",
      "Request parameters do not match previous request with the same idempotency token",
    );
  return true;
}

export function remember(tx: Transaction, token: Token): void {
  const span = spanAt(tx.now());
  tx.put(tokens, { ...token, span, until: tx.now() + TOKEN_MS });
  const swept = tx.memory(sweeps);
  if (swept.span === span) return;
  tx.enqueue(forgetTokens, {}, { delay: 2 * TOKEN_MS });
  tx.afterwards(() => {
    swept.span = span;
  });
}

/** The last span for whose tokens a sweep is under way: one for each span is enough. */
const sweeps = memory("dynamodb/token-sweeps", () => ({ span: -1 }));

/** Removes tokens that have had their time. */
export const forgetTokens = job("dynamodb/forget-tokens", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx) {
    const isMore = await ctx.transact(async (tx) => {
      const old = await tx.list(tokens, { before: [spanAt(tx.now()) - 1], limit: PAGE });
      for (const { span, token } of old) tx.delete(tokens, [span, token]);
      return old.length === PAGE;
    });
    return isMore ? { again: 0 } : undefined;
  },
});
