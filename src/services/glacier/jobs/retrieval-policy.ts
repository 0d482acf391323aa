import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  bytesPerHourNotAllowed,
  invalidBytesPerHour,
  invalidRules,
  invalidStrategy,
  missingParameter,
  policyEnforced,
} from "../errors.ts";
import { jobs, type Retrieval, retrievals } from "../store.ts";

const PAGE = 1_000;
/** The hours over which the bytes of a standard retrieval are distributed, by which the rate is computed. */
const STANDARD_HOURS = 4;
/** The daily share of the free tier, which is 10 GB per month. */
const FREE_BYTES_PER_DAY = Math.floor((10 * 2 ** 30) / 30);

const UNLIMITED: Retrieval = { strategy: "None", day: "", bytes: 0 };

export const retrievalPolicyHandlers = {
  async SetDataRetrievalPolicy(ctx, { Policy }) {
    const rules = Policy?.Rules ?? [];
    const [rule] = rules;
    if (rules.length !== 1 || !rule) throw invalidRules();
    if (rule.Strategy === undefined) throw missingParameter("Strategy");
    const strategy = strategyIn(rule.Strategy);
    const { BytesPerHour: bytesPerHour } = rule;
    if (strategy === "BytesPerHour") {
      if (bytesPerHour === undefined) throw missingParameter("BytesPerHour");
      if (!(bytesPerHour >= 1)) throw invalidBytesPerHour(bytesPerHour);
    } else if (bytesPerHour !== undefined) throw bytesPerHourNotAllowed(strategy);
    return ctx.transact(async (tx) => {
      const { day, bytes } = await retrievalOf(tx);
      tx.put(retrievals, { strategy, day, bytes, ...(bytesPerHour !== undefined && { bytesPerHour }) });
      return {};
    });
  },

  async GetDataRetrievalPolicy(ctx) {
    const { strategy, bytesPerHour } = await ctx.read(retrievalOf);
    return { Policy: { Rules: [{ Strategy: strategy, BytesPerHour: bytesPerHour }] } };
  },
} satisfies Handlers<"glacier">;

function strategyIn(text: string): Retrieval["strategy"] {
  if (text === "BytesPerHour" || text === "FreeTier" || text === "None") return text;
  throw invalidStrategy(text);
}

const retrievalOf = async (tx: ReadTransaction) => (await tx.get(retrievals, [])) ?? UNLIMITED;

/**
 * Counts a standard retrieval that is about to start. Other tiers are not counted.
 * @throws {AwsError} PolicyEnforcedException
 */
export async function countRetrieval(tx: Transaction, bytes: number): Promise<void> {
  const retrieval = await retrievalOf(tx);
  const day = new Date(tx.now()).toISOString().slice(0, 10);
  const today = (retrieval.day === day ? retrieval.bytes : 0) + bytes;
  if (retrieval.strategy === "FreeTier" && today > FREE_BYTES_PER_DAY) throw policyEnforced();
  if (retrieval.strategy === "BytesPerHour") {
    const rate = ((await bytesInProgress(tx)) + bytes) / STANDARD_HOURS;
    if (rate > retrieval.bytesPerHour!) throw policyEnforced();
  }
  tx.put(retrievals, { ...retrieval, day, bytes: today });
}

async function bytesInProgress(tx: ReadTransaction): Promise<number> {
  let bytes = 0;
  for (let after: number | undefined; ; ) {
    const range = { limit: PAGE, ...(after !== undefined && { after: [after] }) };
    const page = await tx.listBy(jobs, "standard", range);
    for (const job of page) if (job.action === "ArchiveRetrieval") bytes += job.span.end - job.span.start;
    if (page.length < PAGE) return bytes;
    after = page.at(-1)!.order;
  }
}
