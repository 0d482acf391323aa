/** The client tokens of renames, by which a repeated request is recognized. */
import { hash } from "node:crypto";
import { collection } from "#kernel/records/collection.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Input } from "#kernel/service.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import type { Bucket } from "../store.ts";
import { invalidClientToken, tokenReused } from "./errors.ts";

/** How long a token identifies a request, in milliseconds. S3 does not say how long it is. */
const TOKEN_MS = 600_000;
const PAGE = 500;

interface Token {
  token: string;
  /** The digest of the whole request. */
  digest: string;
}

/** Keys begin with the token's span of ten minutes, so that expired tokens are adjacent. */
const tokens = collection<Token & { span: number; bucket: number; until: number }>("s3/rename-token", {
  scope: "partition",
  key: (t) => [t.span, t.bucket, t.token],
});

/** @throws {AwsError} InvalidArgument */
export function tokenIn(input: Input<"s3", "RenameObject">): Token | undefined {
  const { ClientToken: token } = input;
  if (token === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,64}$/.test(token)) throw invalidClientToken(token);
  return { token, digest: hash("sha256", JSON.stringify(input)) };
}

const spanAt = (time: number) => Math.floor(time / TOKEN_MS);

/** Whether the token's request was done. @throws {AwsError} IdempotencyParameterMismatch for another request */
export async function isDone(
  tx: ReadTransaction,
  { id }: Bucket,
  { token, digest }: Token,
): Promise<boolean> {
  const span = spanAt(tx.now());
  const earlier = (await tx.get(tokens, [span, id, token])) ?? (await tx.get(tokens, [span - 1, id, token]));
  if (!earlier || earlier.until <= tx.now()) return false;
  if (earlier.digest !== digest) throw tokenReused();
  return true;
}

export function remember(tx: Transaction, { id: bucket }: Bucket, token: Token): void {
  const span = spanAt(tx.now());
  tx.put(tokens, { ...token, span, bucket, until: tx.now() + TOKEN_MS });
  const swept = tx.memory(sweeps);
  if (swept.span === span) return;
  tx.enqueue(forgetRenames, {}, { delay: 2 * TOKEN_MS });
  tx.afterwards(() => {
    swept.span = span;
  });
}

/** The last span for which a sweep is scheduled: each span needs only one. */
const sweeps = memory("s3/rename-token-sweeps", () => ({ span: -1 }));

/** Deletes expired tokens. */
export const forgetRenames: Job<object> = job("s3/forget-renames", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx) {
    const isMore = await ctx.transact(async (tx) => {
      const old = await tx.list(tokens, { before: [spanAt(tx.now()) - 1], limit: PAGE });
      for (const { span, bucket, token } of old) tx.delete(tokens, [span, bucket, token]);
      return old.length === PAGE;
    });
    return isMore ? { again: 0 } : undefined;
  },
});
