import { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { bucketFailure } from "../buckets.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import { type Import, imports, type Table, tables } from "../store.ts";
import { schemaOf } from "../tables/schema.ts";
import { startCounting } from "../tables/tally.ts";
import { sizeOfItem } from "../values/size.ts";
import type { Item } from "../values/value.ts";
import { nameTaken, SOME_ITEMS_FAILED } from "./errors.ts";
import { itemsIn } from "./items.ts";
import { contentOf, nextObject, type SourceObject } from "./source.ts";

/** Items per page. Items may be large, and the size of a transaction is limited. */
const PAGE = 50;
const MAX_BYTES = 2 * 2 ** 20;
/** The retention of ended imports: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListImports.html */
const RETENTION_MS = 90 * 86_400_000;

/**
 * Creates the table and imports the objects in the order of their keys, so that the last of several items with the same key
 * remains. Items and progress are committed together, so that a repeated step continues where the last commit ended.
 */
export const runImport = job<{ id: string }>("dynamodb/import", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { id }) {
    const running = await ctx.read((tx) => tx.get(imports, [id]));
    if (!running || running.ended !== undefined) return undefined;
    try {
      return (await step(ctx, running)) ? { again: 0 } : undefined;
    } catch (error) {
      // Errors of the bucket are final; all others are retried.
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      const failure = bucketFailure(error, ctx.requestId);
      await ctx.transact((tx) => end(tx, id, failure));
      return undefined;
    }
  },
});

/** Clients of the account's root, since the caller's permission was checked when the import began. */
const clientsOf = (ctx: Context) => ctx.as(rootOf(ctx.account)).aws;

async function step(ctx: Context, running: Import): Promise<boolean> {
  const { S3BucketSource: source } = running.asked;
  const { object } = running;
  if (running.failure) {
    await ctx.transact((tx) => end(tx, running.id, running.failure));
    return false;
  }
  if (running.number === undefined) {
    await nextObject(clientsOf(ctx), source);
    return ctx.transact((tx) => makeTable(tx, running, ctx.region));
  }
  const next: SourceObject | undefined =
    object && !object.isDone
      ? { key: object.key, size: 1 }
      : await nextObject(clientsOf(ctx), source, object?.key);
  if (!next) {
    await ctx.transact((tx) => end(tx, running.id, undefined));
    return false;
  }
  await readObject(ctx, running, next);
  return true;
}

/** @returns `false` if the name was taken meanwhile */
async function makeTable(tx: Transaction, running: Import, region: string): Promise<boolean> {
  const { TableCreationParameters: sent } = running.asked;
  if (await tx.get(tables, [running.table])) {
    await end(tx, running.id, nameTaken(running.table));
    return false;
  }
  const schema = schemaOf(sent, region);
  const table: Table = {
    ...schema,
    name: running.table,
    number: tx.sequence(),
    uuid: running.uuid,
    indexes: schema.indexes.map((index) => ({ ...index, number: tx.sequence() })),
    onDemandSince: schema.billing === "PAY_PER_REQUEST" ? tx.now() : undefined,
    deletionProtection: false,
    encryption: sent.SSESpecification,
    tags: [],
    created: tx.now(),
    restoring: true,
  };
  tx.put(tables, table);
  tx.put(imports, { ...running, number: table.number });
  return true;
}

async function readObject(ctx: Context, running: Import, { key, size }: SourceObject): Promise<void> {
  const { asked: request } = running;
  const table = await ctx.read((tx) => tx.get(tables, [running.table]));
  if (table?.number !== running.number || !table) return;
  const done = running.object?.key === key ? running.object.items : 0;
  let counted = 0;
  const counting = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const piece of bytes) {
      counted += piece.length;
      yield piece;
    }
  };
  const content = contentOf(
    clientsOf(ctx),
    request.S3BucketSource,
    key,
    request.InputCompressionType ?? "NONE",
  );
  let seen = 0;
  let page: (Item | undefined)[] = [];
  let bytes = 0;
  const settle = async (isDone: boolean) => {
    const step = { key, items: seen, isDone };
    const read = isDone ? counted : 0;
    await ctx.transact((tx) => bring(tx, running.id, page, step, read));
    page = [];
    bytes = 0;
  };
  // Decompressing an empty object would fail.
  if (size > 0)
    for await (const item of itemsIn(counting(content), table, request)) {
      if (++seen <= done) continue;
      page.push(item);
      bytes += item ? sizeOfItem(item) : 0;
      if (page.length === PAGE || bytes >= MAX_BYTES) await settle(false);
    }
  await settle(true);
}

async function bring(
  tx: Transaction,
  id: string,
  page: readonly (Item | undefined)[],
  object: NonNullable<Import["object"]>,
  bytes: number,
): Promise<void> {
  const running = (await tx.get(imports, [id]))!;
  const table = await tx.get(tables, [running.table]);
  const items = page.filter((item) => item !== undefined);
  if (table?.number === running.number)
    for (const item of items) {
      const before = await itemAt(tx, table!, item);
      await changeItem(tx, table!, before, item, { isUnlimited: true });
    }
  tx.put(imports, {
    ...running,
    object,
    processed: running.processed + page.length,
    imported: running.imported + items.length,
    errors: running.errors + page.length - items.length,
    bytes: running.bytes + bytes,
  });
}

/** Ends an import and makes the table available with the items imported so far. */
async function end(tx: Transaction, id: string, failure: Import["failure"]): Promise<void> {
  const running = (await tx.get(imports, [id]))!;
  const table = await tx.get(tables, [running.table]);
  if (running.number !== undefined && table?.number === running.number) {
    const { restoring: _, ...ready } = table;
    tx.put(tables, ready);
    startCounting(tx, ready);
  }
  const outcome = failure ?? (running.errors > 0 ? SOME_ITEMS_FAILED : undefined);
  tx.put(imports, { ...running, ended: tx.now(), ...(outcome && { failure: outcome }) });
  tx.enqueue(forgetImport, { id }, { delay: RETENTION_MS });
}

export const forgetImport = job<{ id: string }>("dynamodb/forget-import", {
  attempts: Number.POSITIVE_INFINITY,
  run: (ctx, { id }) => ctx.transact((tx) => tx.delete(imports, [id])),
});
