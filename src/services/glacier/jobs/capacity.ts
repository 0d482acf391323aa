import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { tooMuchCapacity } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Capacity, capacities, isoDate } from "../store.ts";

const MAX_UNITS = 2;

export const capacityHandlers = {
  async PurchaseProvisionedCapacity(ctx) {
    return ctx.transact(async (tx) => {
      const units = await unitsOf(tx);
      if (units.length >= MAX_UNITS) throw tooMuchCapacity(MAX_UNITS);
      const id = newId(tx.random, "capacity");
      tx.put(capacities, { id, start: tx.now(), expires: oneMonthAfter(tx.now()) });
      return { capacityId: id };
    });
  },

  async ListProvisionedCapacity(ctx) {
    const units = await ctx.read(unitsOf);
    return {
      ProvisionedCapacityList: units.map(({ id, start, expires }) => ({
        CapacityId: id,
        StartDate: isoDate(start),
        ExpirationDate: isoDate(expires),
      })),
    };
  },
} satisfies Handlers<"glacier">;

/** Returns the units that have not expired. */
async function unitsOf(tx: ReadTransaction): Promise<Capacity[]> {
  const all = await tx.list(capacities, { limit: 1_000, reverse: true });
  return all.filter(({ expires }) => tx.now() < expires).sort((a, b) => a.start - b.start);
}

/** Returns the same day of the next month, or the last day if there is no such day, in whole seconds. */
function oneMonthAfter(time: number): number {
  const from = new Date(time);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + 1];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  return Date.UTC(year, month, day, from.getUTCHours(), from.getUTCMinutes(), from.getUTCSeconds());
}
