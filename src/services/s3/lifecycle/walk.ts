import type { Context } from "#kernel/context.ts";
import { descending } from "#kernel/records/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { NEVER } from "../days.ts";
import { versionRows } from "../listing/versions.ts";
import { logAbort } from "../logging/lifecycle.ts";
import { abandonUpload } from "../multipart/upload.ts";
import { type Bucket, noncurrent, type Upload, uploads } from "../store.ts";
import { act } from "./act.ts";
import { type Action, abortOf, decide, type Subject } from "./due.ts";
import { type Plan, planOf } from "./plan.ts";

/** A version that a walk has passed, with the facts on which the decision about the next version depends. */
interface Passed {
  key: string;
  order: number;
  /** When the version was created, which is when the next version of the key became noncurrent. */
  made: number;
  /** The number of noncurrent versions of the key up to this one, without delete markers. */
  noncurrent: number;
}

interface Page {
  due: { subject: Subject; action: Action; after: Passed | undefined }[];
  /** When another action on this page may be due. */
  next: number;
  /** The last version of the page; absent at the end of the bucket. */
  last: Passed | undefined;
}

/** A bucket, identified by its number, since its name may be reused after it is deleted. */
export type Walked = Pick<Bucket, "name" | "id">;

const ROWS = 1_000;
const UPLOADS = 200;
/** The maximum number of bodies that one transaction deletes, unless a single object has more. */
const MAX_BODIES = 2_000;

/**
 * Performs the actions that are due on all versions and uploads of a bucket, page by page. A crash loses the
 * progress of at most one page, whose actions the next walk finds again.
 * @returns when an action may next be due, or `NEVER`
 */
export async function walk(ctx: Context, bucket: Walked): Promise<number> {
  return Math.min(await walkVersions(ctx, bucket), await walkUploads(ctx, bucket));
}

async function walkVersions(ctx: Context, bucket: Walked): Promise<number> {
  let next = NEVER;
  let last: Passed | undefined;
  // If one page had due actions, the next is likely to as well, so it is read in a
  // transaction that can perform them.
  let isLikely = false;
  do {
    let page: Page | undefined = isLikely ? undefined : await ctx.read((tx) => readPage(tx, bucket, last));
    if (!page || page.due.length > 0) page = await ctx.transact((tx) => processPage(ctx, tx, bucket, last));
    isLikely = page.due.length > 0;
    next = Math.min(next, page.next);
    last = page.last;
    await new Promise(setImmediate);
  } while (last);
  return next;
}

/** Reads the page again, since it may have changed, and performs the actions that are due. */
async function processPage(
  ctx: Context,
  tx: Transaction,
  walked: Walked,
  last: Passed | undefined,
): Promise<Page> {
  const page = await readPage(tx, walked, last);
  const { bucket } = (await planOf(tx, walked)) ?? {};
  let bodies = 0;
  for (const { subject, action, after } of page.due) {
    if (bodies > MAX_BODIES) return { ...page, last: after };
    bodies += subject.version.partCount ?? 1;
    await act(ctx, tx, bucket!, subject, action);
  }
  return page;
}

async function readPage(tx: ReadTransaction, walked: Walked, from: Passed | undefined): Promise<Page> {
  const plan = await planOf(tx, walked);
  if (!plan) return { due: [], next: NEVER, last: undefined };
  const after = from && [from.key, descending(from.order)];
  const rows = await versionRows(walked.id).page(tx, { after, limit: ROWS });
  const page: Page = { due: [], next: NEVER, last: undefined };
  let before = from;
  for (const [i, { version, latest }] of rows.entries()) {
    const { key, order, modified } = version;
    const newer = latest ? 0 : before!.noncurrent;
    const subject: Subject = {
      version,
      latest,
      alone: latest && version.deleteMarker === true && (await isAlone(tx, walked, key, rows[i + 1])),
      noncurrentSince: latest ? 0 : before!.made,
      newer,
    };
    const { action, next } = decide(plan, subject, tx.now());
    if (action) page.due.push({ subject, action, after: before });
    page.next = Math.min(page.next, next);
    const counted = latest || version.deleteMarker ? 0 : 1;
    before = { key, order, made: modified, noncurrent: newer + counted };
  }
  if (rows.length === ROWS) page.last = before;
  return page;
}

/** Whether a version is the only one of its key. The row after the last one of a page must be read. */
async function isAlone(
  tx: ReadTransaction,
  { id }: Walked,
  key: string,
  next: { version: { key: string } } | undefined,
): Promise<boolean> {
  if (next) return next.version.key !== key;
  return (await tx.list(noncurrent, { in: [id, key], limit: 1 })).length === 0;
}

async function walkUploads(ctx: Context, walked: Walked): Promise<number> {
  const plan = await ctx.read((tx) => planOf(tx, walked));
  if (!plan?.rules.some(({ abortAfter }) => abortAfter !== undefined)) return NEVER;
  let next = NEVER;
  let last: Upload | undefined;
  do {
    const after = last && [last.key, last.order];
    const page = await ctx.read((tx) => tx.list(uploads, { in: [walked.id], after, limit: UPLOADS }));
    for (const upload of page) next = Math.min(next, await abortIfDue(ctx, plan, upload));
    last = page.length === UPLOADS ? page.at(-1) : undefined;
  } while (last);
  return next;
}

/** Aborts an upload if this is due. @returns when it will be due otherwise */
async function abortIfDue(
  ctx: Context,
  plan: Plan,
  { key, order, bucket, initiated }: Upload,
): Promise<number> {
  const abort = abortOf(plan.rules, key, initiated);
  if (!abort || abort.due > ctx.clock.now()) return abort?.due ?? NEVER;
  await ctx.transact(async (tx) => {
    const upload = await tx.get(uploads, [bucket, key, order]);
    if (!upload) return;
    await abandonUpload(tx, upload);
    await logAbort(ctx, tx, plan.bucket, key);
  });
  return NEVER;
}
