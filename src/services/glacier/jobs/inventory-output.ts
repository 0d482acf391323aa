import type { InventoryRetrievalJobInput } from "#aws/contract/types/glacier.ts";
import type { StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { Body } from "#lib/body.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { invalidDate, invalidLimit, invalidMarker } from "../errors.ts";
import { type Archive, archives, type InventoryJob, type Vault, vaultArn } from "../store.ts";
import { isListed } from "../vaults/inventory.ts";

const PAGE = 1_000;

/** Parses the parameters that select archives for an inventory retrieval. */
export function inventoryRange(
  ctx: Context,
  parameters: InventoryRetrievalJobInput = {},
): Pick<InventoryJob, "from" | "to" | "limit" | "after"> {
  const { StartDate, EndDate, Limit, Marker } = parameters;
  if (StartDate) timeIn("StartDate", StartDate);
  if (EndDate) timeIn("EndDate", EndDate);
  if (Limit && !/^[1-9]\d{0,14}$/.test(Limit)) throw invalidLimit(Limit);
  return {
    ...(StartDate && { from: StartDate }),
    ...(EndDate && { to: EndDate }),
    ...(Limit && { limit: Limit }),
    ...(Marker && { after: placeOf(ctx, Marker) }),
  };
}

/** Parses a time such as `2013-03-20T17:03:43Z`. */
function timeIn(name: string, date: string): number {
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(date);
  const time = isIso ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time)) throw invalidDate(name, date);
  return time;
}

const purpose = (ctx: Context) => `glacier/inventory/${ctx.account}/${ctx.region}`;

function placeOf(ctx: Context, marker: string): number {
  const place = ctx.seal.unseal(purpose(ctx), marker);
  if (typeof place !== "number") throw invalidMarker(marker);
  return place;
}

export interface Written {
  staged: StagedBlob;
  /** The marker for the next retrieval, if there are more archives. */
  next?: string;
}

/** Writes the last inventory of a vault to a blob, page by page. */
export async function writeInventory(ctx: Context, vault: Vault, job: InventoryJob): Promise<Written> {
  let next: string | undefined;
  const entries = archivesOf(ctx, vault, job, (place) => {
    next = ctx.seal.seal(purpose(ctx), place);
  });
  const text = job.format === "JSON" ? asJson(ctx, vault, entries) : asCsv(entries);
  const staged = await ctx.blobs.receive(streamed(text), { limit: Number.MAX_SAFE_INTEGER });
  return { staged, ...(next !== undefined && { next }) };
}

/**
 * Yields the selected archives, oldest first. If the limit is exceeded, reports the position of the last one.
 */
async function* archivesOf(
  ctx: Context,
  { id, inventory }: Vault,
  { from, to, limit, after: begin }: InventoryJob,
  reportLimit: (after: number) => void,
): AsyncGenerator<Archive> {
  const earliest = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
  const latest = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
  const most = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  let last: Archive | undefined;
  let count = 0;
  for (let after = begin; ; ) {
    const range = { in: [id], ...(after !== undefined && { after: [after] }), limit: PAGE };
    const page = await ctx.read((tx) => tx.list(archives, range));
    for (const archive of page) {
      if (!isListed(inventory!, archive) || archive.created < earliest || archive.created >= latest) continue;
      if (count === most) return reportLimit(last!.order);
      last = archive;
      count++;
      yield archive;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.order;
  }
}

async function* asJson(ctx: Context, vault: Vault, entries: AsyncIterable<Archive>): AsyncGenerator<string> {
  const head = JSON.stringify({
    VaultARN: vaultArn(ctx, vault.name),
    InventoryDate: isoSeconds(vault.inventory!.date),
    ArchiveList: [],
  });
  yield head.slice(0, -"]}".length);
  let separator = "";
  for await (const { archiveId, description, created, size, treeHash } of entries) {
    const entry = {
      ArchiveId: archiveId,
      ArchiveDescription: description ?? "",
      CreationDate: isoSeconds(created),
      Size: size,
      SHA256TreeHash: treeHash,
    };
    yield separator + JSON.stringify(entry);
    separator = ",";
  }
  yield "]}";
}

async function* asCsv(entries: AsyncIterable<Archive>): AsyncGenerator<string> {
  yield "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\r\n";
  for await (const { archiveId, description = "", created, size, treeHash } of entries) {
    yield `${[archiveId, csvField(description), isoSeconds(created), size, treeHash].join(",")}\r\n`;
  }
}

/** Formats a CSV field, in quotes if needed. Quotes within the field are escaped by a backslash. */
function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

const CHUNK = 64 * 1024;

function streamed(text: AsyncIterable<string>): Body {
  return {
    size: undefined,
    announced: [],
    trailers: {},
    async bytes() {
      throw new Error("an inventory is read as a stream");
    },
    async *[Symbol.asyncIterator]() {
      let buffered = "";
      for await (const piece of text) {
        buffered += piece;
        if (buffered.length < CHUNK) continue;
        yield Buffer.from(buffered);
        buffered = "";
      }
      if (buffered !== "") yield Buffer.from(buffered);
    },
  };
}
