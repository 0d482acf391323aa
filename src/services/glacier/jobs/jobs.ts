import type { Place } from "#kernel/records/collection.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers, Output } from "#kernel/service.ts";
import { invalidCompleted, invalidMarker, invalidStatusCode } from "../errors.ts";
import { type InventoryJob, isoDate, jobAt, jobs, type RetrievalJob, vaultArn, vaultAt } from "../store.ts";
import { limitOf } from "../vaults/vaults.ts";

const MAX_LISTED = 50;
const PAGE = 1_000;

export const jobHandlers = {
  async DescribeJob(ctx, { vaultName, jobId }) {
    return ctx.read(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      return withoutNulls(described(ctx, vaultName, await jobAt(tx, vault, jobId)));
    });
  },

  async ListJobs(ctx, { vaultName, limit, marker, statuscode, completed }) {
    const matches = filterOf(statuscode, completed);
    const vault = await ctx.read((tx) => vaultAt(ctx, tx, vaultName));
    const { records, token } = await page(ctx, {
      listing: ["glacier:ListJobs", `${vault.id}`, statuscode ?? "", completed ?? ""],
      token: marker || undefined,
      limit: limitOf(limit, MAX_LISTED),
      list: async ({ after, limit }) => {
        const matching: RetrievalJob[] = [];
        for (let from = after; ; ) {
          const range = { in: [vault.id], limit: PAGE, ...(from && { after: from }) };
          const records = await ctx.read((tx) => tx.list(jobs, range));
          matching.push(...records.filter(matches));
          if (matching.length >= limit) return matching.slice(0, limit);
          if (records.length < PAGE) return matching;
          from = [records.at(-1)!.order];
        }
      },
      position: ({ order }) => [order],
      invalidToken: () => invalidMarker(marker!),
    });
    return { JobList: records.map((job) => withoutNulls(described(ctx, vaultName, job))), Marker: token };
  },
} satisfies Handlers<"glacier">;

function filterOf(status: string | undefined, completed: string | undefined) {
  if (status !== undefined && !["InProgress", "Succeeded", "Failed"].includes(status)) {
    throw invalidStatusCode(status);
  }
  if (completed !== undefined && completed !== "true" && completed !== "false")
    throw invalidCompleted(completed);
  return (job: RetrievalJob) =>
    (status === undefined || job.status === status) &&
    (completed === undefined || String(job.completed !== undefined) === completed);
}

type Description = {
  [K in keyof Output<"glacier", "DescribeJob">]-?: Output<"glacier", "DescribeJob">[K] | null;
};

/** Describes a job as responses and notifications do; members that do not apply are `null`. */
export function described(
  place: Place,
  vaultName: string,
  job: RetrievalJob,
): Omit<Description, "JobOutputPath" | "SelectParameters" | "OutputLocation"> {
  const archive = job.action === "ArchiveRetrieval" ? job : undefined;
  const inventory = job.action === "InventoryRetrieval" ? job : undefined;
  return {
    Action: job.action,
    ArchiveId: archive?.archive.archiveId ?? null,
    ArchiveSHA256TreeHash: archive?.archive.treeHash ?? null,
    ArchiveSizeInBytes: archive?.archive.size ?? null,
    Completed: job.completed !== undefined,
    CompletionDate: job.completed === undefined ? null : isoDate(job.completed),
    CreationDate: isoDate(job.created),
    InventoryRetrievalParameters: inventory ? parametersOf(inventory) : null,
    InventorySizeInBytes: inventory?.output?.size ?? null,
    JobDescription: job.description ?? null,
    JobId: job.jobId,
    RetrievalByteRange: archive ? `${archive.span.start}-${archive.span.end - 1}` : null,
    SHA256TreeHash: archive?.treeHash ?? null,
    SNSTopic: job.topic ?? null,
    StatusCode: job.status,
    StatusMessage: job.status === "InProgress" ? null : (job.message ?? job.status),
    Tier: archive?.tier ?? null,
    VaultARN: vaultArn(place, vaultName),
  };
}

/** Returns the inventory parameters of a job. The marker is that for the next retrieval. */
function parametersOf({ format, from, to, limit, next }: InventoryJob) {
  return {
    Format: format,
    ...(from !== undefined && { StartDate: from }),
    ...(to !== undefined && { EndDate: to }),
    ...(limit !== undefined && { Limit: limit }),
    ...(next !== undefined && { Marker: next }),
  };
}

type WithoutNulls<T> = { [K in keyof T]?: Exclude<T[K], null> };

function withoutNulls<T extends object>(description: T): WithoutNulls<T> {
  return Object.fromEntries(
    Object.entries(description).filter(([, value]) => value !== null),
  ) as WithoutNulls<T>;
}
