import type { JobParameters } from "#aws/contract/types/glacier.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import type { Random } from "#lib/random.ts";
import { deleteJob, treeHashOf } from "../archives/pieces.ts";
import { isMegabyteAligned, isTreeHashAligned } from "../archives/tree-hash.ts";
import {
  invalidByteRange,
  invalidFormat,
  invalidJobDescription,
  invalidJobType,
  invalidTier,
  missingParameter,
  noInventoryYet,
  selectRefused,
  unexpectedParameter,
} from "../errors.ts";
import { newId } from "../ids.ts";
import {
  type Archive,
  type ArchiveJob,
  archiveAt,
  archives,
  bodies,
  type InventoryJob,
  jobs,
  type RetrievalJob,
  type Span,
  type Tier,
  type Vault,
  vaultArn,
  vaultAt,
  vaults,
} from "../store.ts";
import { EVENTS, notify, topicIn } from "../vaults/notifications.ts";
import { inventoryRange, writeInventory } from "./inventory-output.ts";
import { described } from "./jobs.ts";
import { countRetrieval } from "./retrieval-policy.ts";

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** The minimum and the maximum duration of a retrieval. */
const WAITS: Record<Tier, [number, number]> = {
  Expedited: [MINUTE_MS, 5 * MINUTE_MS],
  Standard: [3 * HOUR_MS, 5 * HOUR_MS],
  Bulk: [5 * HOUR_MS, 12 * HOUR_MS],
};
/** The time for which the output of a completed job is available. */
const OUTPUT_EXPIRY_MS = 24 * HOUR_MS;

export const retrievalHandlers = {
  async InitiateJob(ctx, { vaultName, jobParameters = {} }) {
    const plan = planOf(ctx, jobParameters);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const base = {
        vault: vault.id,
        order: tx.sequence(),
        jobId: newId(tx.random, "job"),
        created: tx.now(),
      };
      const started = { ...base, ...plan.labels, status: "InProgress" as const };
      const retrieval: RetrievalJob =
        plan.action === "ArchiveRetrieval"
          ? { ...started, ...(await archiveRetrieval(tx, vault, plan)) }
          : { ...started, ...(await inventoryRetrieval(ctx, vault, plan)) };
      tx.put(jobs, retrieval);
      const tier = retrieval.action === "ArchiveRetrieval" ? retrieval.tier : "Standard";
      tx.enqueue(
        completeJob,
        { vault: vaultName, id: vault.id, job: base.order },
        { delay: wait(tx.random, tier) },
      );
      return { location: `/${ctx.account}/vaults/${vaultName}/jobs/${base.jobId}`, jobId: base.jobId };
    });
  },
} satisfies Handlers<"glacier">;

type Labels = Pick<RetrievalJob, "description" | "topic">;

type Plan =
  | { action: "ArchiveRetrieval"; labels: Labels; archiveId: string; range: string | undefined; tier: Tier }
  | ({ action: "InventoryRetrieval"; labels: Labels } & InventoryPlan);

type InventoryPlan = Pick<InventoryJob, "format" | "from" | "to" | "limit" | "after">;

/** Parses a request, and validates what does not depend on the vault. */
function planOf(ctx: Context, parameters: JobParameters): Plan {
  const { Type: type, Description: description, SNSTopic: topic } = parameters;
  if (!type) throw missingParameter("Type");
  if (type === "select") throw selectRefused();
  checkAbsent(parameters, "SelectParameters", "OutputLocation");
  if (description && !/^[\x20-\x7e]{1,1024}$/.test(description)) throw invalidJobDescription();
  const labels: Labels = {
    ...(description && { description }),
    ...(topic && { topic: topicIn(topic) }),
  };
  if (type === "archive-retrieval") return archivePlan(parameters, labels);
  if (type === "inventory-retrieval") return inventoryPlan(ctx, parameters, labels);
  throw invalidJobType(type);
}

function archivePlan(parameters: JobParameters, labels: Labels): Plan {
  const { ArchiveId: archiveId, RetrievalByteRange: range, Tier } = parameters;
  if (!archiveId) throw missingParameter("ArchiveId");
  checkAbsent(parameters, "Format", "InventoryRetrievalParameters");
  return { action: "ArchiveRetrieval", labels, archiveId, range, tier: tierIn(Tier) };
}

function inventoryPlan(ctx: Context, parameters: JobParameters, labels: Labels): Plan {
  checkAbsent(parameters, "ArchiveId", "RetrievalByteRange");
  tierIn(parameters.Tier);
  const format = formatIn(parameters.Format);
  const range = inventoryRange(ctx, parameters.InventoryRetrievalParameters);
  return { action: "InventoryRetrieval", labels, format, ...range };
}

/** Refuses members that do not apply to this type of job. */
function checkAbsent(parameters: JobParameters, ...members: (keyof JobParameters)[]): void {
  for (const member of members) {
    if (parameters[member]) throw unexpectedParameter(member, parameters.Type!);
  }
}

function tierIn(tier: string | undefined): Tier {
  if (!tier) return "Standard";
  if (tier === "Expedited" || tier === "Standard" || tier === "Bulk") return tier;
  throw invalidTier(tier);
}

function formatIn(format: string | undefined): InventoryJob["format"] {
  if (!format) return "JSON";
  if (format === "JSON" || format === "CSV") return format;
  throw invalidFormat(format);
}

async function archiveRetrieval(tx: Transaction, vault: Vault, plan: Plan & { action: "ArchiveRetrieval" }) {
  const { action, archiveId, tier } = plan;
  const archive = await archiveAt(tx, vault, archiveId);
  const span = spanIn(plan.range, archive);
  if (tier === "Standard") await countRetrieval(tx, span.end - span.start);
  const { order, description, size, treeHash, pieces } = archive;
  const aligned = isTreeHashAligned(span, size);
  return {
    action,
    tier,
    archive: { order, archiveId, size, treeHash, pieces, ...(description && { description }) },
    span,
    ...(aligned && { treeHash: await treeHashOf(tx, archive, span) }),
  };
}

/** Parses a range such as `0-1048575`; the default is the whole archive. */
function spanIn(range: string | undefined, { size }: Archive): Span {
  if (!range) return { start: 0, end: size };
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
  const span = { start: Number(first), end: Number(last) + 1 };
  if (first === undefined || span.start >= span.end || span.end > size || !isMegabyteAligned(span, size)) {
    throw invalidByteRange(range);
  }
  return span;
}

async function inventoryRetrieval(ctx: Context, vault: Vault, plan: Plan & { action: "InventoryRetrieval" }) {
  if (!vault.inventory) throw noInventoryYet(vaultArn(ctx, vault.name));
  const { labels: _, ...settings } = plan;
  return settings;
}

function wait(random: Random, tier: Tier): number {
  const [min, max] = WAITS[tier];
  return min + random.below(max - min);
}

/** Completes a job, successfully or not, and notifies the topics of the job and the vault. */
export const completeJob: Job<{ vault: string; id: number; job: number }> = job("glacier/complete-job", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault: name, id, job: order }) {
    const { vault, retrieval } = await ctx.read(async (tx) => ({
      vault: await tx.get(vaults, [name]),
      retrieval: await tx.get(jobs, [id, order]),
    }));
    // A vault can be deleted while a job is running.
    if (vault?.id !== id || retrieval?.status !== "InProgress") return;
    const inventory =
      retrieval.action === "InventoryRetrieval" ? await writeInventory(ctx, vault, retrieval) : undefined;
    try {
      await ctx.transact(async (tx) => {
        const now = await tx.get(vaults, [name]);
        if (now?.id !== id) return;
        const ended: RetrievalJob = {
          ...(retrieval.action === "ArchiveRetrieval"
            ? { ...retrieval, ...(await outcome(tx, retrieval)) }
            : {
                ...retrieval,
                status: "Succeeded",
                next: inventory!.next,
                output: await bodies.keep(tx, inventory!.staged),
              }),
          completed: tx.now(),
        };
        tx.put(jobs, ended);
        tx.enqueue(expireJob, { vault: id, job: order }, { delay: OUTPUT_EXPIRY_MS });
        const message = JSON.stringify(described(ctx, name, ended));
        for (const topic of topicsOf(now, ended)) {
          tx.enqueue(notify, { topic, message, vaultArn: vaultArn(ctx, name) });
        }
      });
      await ctx.durable();
    } finally {
      if (inventory) await ctx.blobs.drop(inventory.staged);
    }
  },
});

/** Returns the result of an archive retrieval, which fails if the archive was deleted in the meantime. */
async function outcome(
  tx: ReadTransaction,
  { vault, archive: { order, archiveId } }: ArchiveJob,
): Promise<Pick<RetrievalJob, "status" | "message">> {
  const archive = await tx.get(archives, [vault, order]);
  if (archive && archive.deleted === undefined) return { status: "Succeeded" };
  return { status: "Failed", message: `The archive ID was not found: ${archiveId}` };
}

function topicsOf({ notifications }: Vault, { topic, action }: RetrievalJob): string[] {
  const ofVault = notifications?.events.includes(EVENTS[action]) ? notifications.topic : undefined;
  return [topic, ofVault].filter((one) => one !== undefined);
}

export const expireJob: Job<{ vault: number; job: number }> = job("glacier/expire-job", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault, job: order }) {
    await ctx.transact(async (tx) => {
      const retrieval = await tx.get(jobs, [vault, order]);
      if (retrieval) await deleteJob(tx, retrieval);
    });
  },
});
