import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { rootOf } from "#kernel/principal.ts";
import type { Transaction } from "#kernel/transaction.ts";
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

/** Of items that may be large: what a transaction writes is bounded. */
const PAGE = 50;
const MOST_BYTES = 2 * 2 ** 20;

/**
 * Makes the table, and brings what the objects hold into it, one after the other in the order of their keys: of items with
 * the same key the last one stays. What was brought and how far it came is written together, so that a step that is
 * repeated goes on from there.
 */
export const runImport = job<{ id: string }>("dynamodb/import", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { id }) {
    const found = await ctx.read((tx) => tx.get(imports, [id]));
    if (!found || found.ended !== undefined) return undefined;
    try {
      return (await step(ctx, found)) ? { again: 0 } : undefined;
    } catch (error) {
      // What the bucket says will not change by asking again; everything else is tried again.
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      const failure = bucketFailure(error, ctx.requestId);
      await ctx.transact((tx) => end(tx, id, failure));
      return undefined;
    }
  },
});

/** As the account, whose caller was let into the bucket when the import began. */
const ours = (ctx: Context) => ctx.as(rootOf(ctx.account)).aws;

async function step(ctx: Context, found: Import): Promise<boolean> {
  const { S3BucketSource: source } = found.asked;
  const { object } = found;
  if (found.failure) {
    await ctx.transact((tx) => end(tx, found.id, found.failure));
    return false;
  }
  if (found.number === undefined) {
    await nextObject(ours(ctx), source);
    return ctx.transact((tx) => makeTable(tx, found, ctx.region));
  }
  const next: SourceObject | undefined =
    object && !object.isDone
      ? { key: object.key, size: 1 }
      : await nextObject(ours(ctx), source, object?.key);
  if (!next) {
    await ctx.transact((tx) => end(tx, found.id, undefined));
    return false;
  }
  await readObject(ctx, found, next);
  return true;
}

/** `false` where the name was taken meanwhile. */
async function makeTable(tx: Transaction, found: Import, region: string): Promise<boolean> {
  const { TableCreationParameters: sent } = found.asked;
  if (await tx.get(tables, [found.table])) {
    await end(tx, found.id, nameTaken(found.table));
    return false;
  }
  const schema = schemaOf(sent, region);
  const table: Table = {
    ...schema,
    name: found.table,
    number: tx.sequence(),
    uuid: found.uuid,
    indexes: schema.indexes.map((index) => ({ ...index, number: tx.sequence() })),
    onDemandSince: schema.billing === "PAY_PER_REQUEST" ? tx.now() : undefined,
    deletionProtection: false,
    encryption: sent.SSESpecification,
    tags: [],
    created: tx.now(),
    restoring: true,
  };
  tx.put(tables, table);
  tx.put(imports, { ...found, number: table.number });
  return true;
}

async function readObject(ctx: Context, found: Import, { key, size }: SourceObject): Promise<void> {
  const { asked } = found;
  const table = await ctx.read((tx) => tx.get(tables, [found.table]));
  if (table?.number !== found.number || !table) return;
  const done = found.object?.key === key ? found.object.items : 0;
  let counted = 0;
  const counting = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const piece of bytes) {
      counted += piece.length;
      yield piece;
    }
  };
  const content = contentOf(ours(ctx), asked.S3BucketSource, key, asked.InputCompressionType ?? "NONE");
  let seen = 0;
  let page: (Item | undefined)[] = [];
  let bytes = 0;
  const settle = async (isDone: boolean) => {
    const step = { key, items: seen, isDone };
    const read = isDone ? counted : 0;
    await ctx.transact((tx) => bring(tx, found.id, page, step, read));
    page = [];
    bytes = 0;
  };
  // Of an object without content nothing is to be decompressed.
  if (size > 0)
    for await (const item of itemsIn(counting(content), table, asked)) {
      if (++seen <= done) continue;
      page.push(item);
      bytes += item ? sizeOfItem(item) : 0;
      if (page.length === PAGE || bytes >= MOST_BYTES) await settle(false);
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
  const found = (await tx.get(imports, [id]))!;
  const table = await tx.get(tables, [found.table]);
  const items = page.filter((item) => item !== undefined);
  if (table?.number === found.number)
    for (const item of items) {
      const before = await itemAt(tx, table!, item);
      await changeItem(tx, table!, before, item, { isUnlimited: true });
    }
  tx.put(imports, {
    ...found,
    object,
    processed: found.processed + page.length,
    imported: found.imported + items.length,
    errors: found.errors + page.length - items.length,
    bytes: found.bytes + bytes,
  });
}

/** Opens the table, with whatever came into it. */
async function end(tx: Transaction, id: string, failure: Import["failure"]): Promise<void> {
  const found = (await tx.get(imports, [id]))!;
  const table = await tx.get(tables, [found.table]);
  if (found.number !== undefined && table?.number === found.number) {
    const { restoring: _, ...ready } = table;
    tx.put(tables, ready);
    startCounting(tx, ready);
  }
  const told = failure ?? (found.errors > 0 ? SOME_ITEMS_FAILED : undefined);
  tx.put(imports, { ...found, ended: tx.now(), ...(told && { failure: told }) });
}
