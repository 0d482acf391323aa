import type { Context } from "#kernel/context.ts";
import { descending } from "#kernel/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { NEVER } from "../days.ts";
import { versionRows } from "../listing/versions.ts";
import { logAbort } from "../logging/lifecycle.ts";
import { abandonUpload } from "../multipart/upload.ts";
import { type Bucket, noncurrent, type Upload, uploads } from "../store.ts";
import { act } from "./act.ts";
import { type Action, abortOf, judge, type Subject } from "./due.ts";
import { type Plan, planOf } from "./plan.ts";

/** A version that a walk has passed, with what is needed to judge the next one. */
interface Passed {
  key: string;
  order: number;
  /** Since then the next version of the key has been noncurrent. */
  made: number;
  /** How many noncurrent versions of the key have passed, this one included. Delete markers do not count. */
  noncurrent: number;
}

interface Page {
  due: { subject: Subject; action: Action; after: Passed | undefined }[];
  /** When something else here may be due. */
  next: number;
  /** Where the page ends; absent at the bucket's end. */
  last: Passed | undefined;
}

/** A bucket is identified by its number, since another may have its name by now. */
export type Walked = Pick<Bucket, "name" | "id">;

const ROWS = 1_000;
const UPLOADS = 200;
/** Most bodies that one transaction deletes, unless a single object has more: it may have thousands. */
const MAX_BODIES = 2_000;

/**
 * Does what is due now with all versions and uploads of a bucket, page by page. A crash loses at most a page, which the
 * next walk finds again.
 * @returns when something that is there may next be due; or `NEVER`
 */
export async function walk(ctx: Context, bucket: Walked): Promise<number> {
  return Math.min(await walkVersions(ctx, bucket), await walkUploads(ctx, bucket));
}

async function walkVersions(ctx: Context, bucket: Walked): Promise<number> {
  let next = NEVER;
  let last: Passed | undefined;
  // If one page had something due, the next is likely to: it is read in a transaction that can act at once.
  let isLikely = false;
  do {
    let page: Page | undefined = isLikely ? undefined : await ctx.read((tx) => readPage(tx, bucket, last));
    if (!page || page.due.length > 0) page = await ctx.transact((tx) => carryOut(ctx, tx, bucket, last));
    isLikely = page.due.length > 0;
    next = Math.min(next, page.next);
    last = page.last;
    await new Promise(setImmediate);
  } while (last);
  return next;
}

/** Reads the page again, since it may have changed, and does what is due now. */
async function carryOut(
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
    const { action, next } = judge(plan, subject, tx.now());
    if (action) page.due.push({ subject, action, after: before });
    page.next = Math.min(page.next, next);
    const counted = latest || version.deleteMarker ? 0 : 1;
    before = { key, order, made: modified, noncurrent: newer + counted };
  }
  if (rows.length === ROWS) page.last = before;
  return page;
}

/** The row after the last one of a page is not at hand. */
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

/** @returns when it is due, if it is not yet */
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
