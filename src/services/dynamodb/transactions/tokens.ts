import { collection } from "#kernel/records/collection.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { faultsOf } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { digestOf } from "../digest.ts";

const fault = faultsOf<"dynamodb">();

/** How long a token identifies a request, in milliseconds. */
const TOKEN_MS = 600_000;
const PAGE = 500;

export interface Token {
  token: string;
  /** The digest of the whole request. */
  digest: string;
}

/** Keys begin with the token's span of ten minutes, so that expired tokens are adjacent. */
const tokens = collection<Token & { span: number; until: number }>("dynamodb/token-of-span", {
  scope: "region",
  key: (t) => [t.span, t.token],
});

/** The idempotency token of a request. */
export const tokenIn = (input: { ClientRequestToken?: string | undefined }): Token | undefined =>
  input.ClientRequestToken === undefined
    ? undefined
    : { token: input.ClientRequestToken, digest: digestOf(input) };

const spanAt = (time: number) => Math.floor(time / TOKEN_MS);

/** Whether the token's request was done. @throws {AwsError} IdempotentParameterMismatchException for another request */
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

/** The last span for which a sweep is scheduled: each span needs only one. */
const sweeps = memory("dynamodb/token-sweeps", () => ({ span: -1 }));

/** Deletes expired tokens. */
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
