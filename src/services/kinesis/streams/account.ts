import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type AccountSettings, accountSettings, type Stream } from "../store.ts";

/** The minimum duration of a commitment. */
const MIN_COMMITMENT_MS = 24 * 3_600_000;

/** The commitment to a minimum throughput, which only affects billing. */
export const accountOperations = {
  async DescribeAccountSettings(ctx) {
    const settings = await ctx.read((tx) => tx.get(accountSettings, []));
    return { MinimumThroughputBillingCommitment: commitment(settings, ctx.clock.now()) };
  },

  async UpdateAccountSettings(ctx, { MinimumThroughputBillingCommitment: { Status } }) {
    return ctx.transact(async (tx) => {
      const former = await tx.get(accountSettings, []);
      const now = tx.now();
      const isEnabled = commitment(former, now).Status !== "DISABLED";
      let settings = former;
      if (Status === "DISABLED") settings = isEnabled ? { ...former!, isEnding: true } : former;
      else if (isEnabled) settings = { ...former!, isEnding: false };
      else settings = { started: now, earliestEnd: now + MIN_COMMITMENT_MS, isEnding: false };
      // Past the earliest end, the commitment ends now.
      if (settings?.isEnding && settings !== former)
        settings = { ...settings, earliestEnd: Math.max(settings.earliestEnd, now) };
      if (settings) tx.put(accountSettings, settings);
      return { MinimumThroughputBillingCommitment: commitment(settings, now) };
    });
  },
} satisfies Handlers<"kinesis">;

/** Whether the account has committed to a minimum throughput. */
export const isCommitted = async (tx: ReadTransaction): Promise<boolean> =>
  commitment(await tx.get(accountSettings, []), tx.now()).Status !== "DISABLED";

/** Whether a stream has the benefits of what AWS calls On-demand Advantage. */
export const isAdvantaged = async (tx: ReadTransaction, { mode }: Stream): Promise<boolean> =>
  mode === "ON_DEMAND" && (await isCommitted(tx));

function commitment(
  settings: AccountSettings | undefined,
  now: number,
): Kinesis.MinimumThroughputBillingCommitmentOutput {
  if (!settings) return { Status: "DISABLED" };
  const { started, earliestEnd, isEnding } = settings;
  const StartedAt = new Date(started);
  if (isEnding && earliestEnd <= now)
    return { Status: "DISABLED", StartedAt, EndedAt: new Date(earliestEnd) };
  return {
    Status: isEnding ? "ENABLED_UNTIL_EARLIEST_ALLOWED_END" : "ENABLED",
    StartedAt,
    EarliestAllowedEndAt: new Date(earliestEnd),
  };
}
