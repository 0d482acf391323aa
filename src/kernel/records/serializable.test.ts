import fc from "fast-check";
import { expect, test } from "vitest";
import type { CallContext } from "../calls/call-context.ts";
import { rootOf } from "../calls/principal.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, testCloud } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { collection } from "./collection.ts";
import { StoreUnavailableError } from "./partition.ts";

const cells = collection<{ name: string; value: number }>("hello/cell", {
  scope: "region",
  key: (cell) => [cell.name],
});
const NAMES = ["a", "b", "c"];
const service = defineService({ id: "hello", operations: [], access: {} });

async function open() {
  const disk = testDisk();
  const { cloud, close } = await testCloud([service], { store: disk.store });
  const principal = rootOf(TEST_PLACE.account);
  const context = () => cloud.context({ service, principal, place: TEST_PLACE, requestId: "r" });
  return { disk, context, close };
}

const all = (tx: Parameters<Parameters<CallContext["read"]>[0]>[0]) =>
  tx
    .list(cells, { limit: 10 })
    .then((list) => Object.fromEntries(list.map(({ name, value }) => [name, value])));

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      cell: fc.constantFrom(...NAMES),
      remove: fc.boolean(),
      throws: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("turn" as const, "hold" as const, "release" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("break" as const, "mend" as const) }) },
);

/** What one transaction saw, when it ran, and its outcome. */
interface Witness {
  order: number;
  saw: Record<string, number>;
  put?: { name: string; value: number | undefined };
  acknowledged: boolean;
}

test("acknowledged transactions have a serial order, and failed ones have no effect", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const { disk, context, close } = await open();
      const witnesses: Witness[] = [];
      const running: Promise<void>[] = [];
      let order = 0;

      const answered = async (ctx: CallContext, witness: Witness, transaction: Promise<unknown>) => {
        try {
          await transaction;
        } catch (error) {
          if (error instanceof StoreUnavailableError) return;
          expect(error).toBeInstanceOf(RangeError);
          delete witness.put;
        }
        // An error is an answer, too, and waits for the data that it depends on.
        witness.acknowledged = await ctx.durable().then(
          () => true,
          () => false,
        );
      };

      for (const [value, each] of actions.entries()) {
        const ctx = context();
        const witness: Witness = { order: 0, saw: {}, acknowledged: false };
        if (each.do === "turn") await new Promise(setImmediate);
        else if (each.do === "hold") disk.hold();
        else if (each.do === "release") disk.release();
        else if (each.do === "break") disk.break();
        else if (each.do === "mend") disk.mend();
        else if (each.do === "read" || each.do === "write") {
          witnesses.push(witness);
          const transaction =
            each.do === "read"
              ? ctx.read(async (tx) => {
                  witness.saw = await all(tx);
                  witness.order = order++;
                })
              : ctx.transact(async (tx) => {
                  witness.saw = await all(tx);
                  witness.order = order++;
                  if (each.remove) tx.delete(cells, [each.cell]);
                  else tx.put(cells, { name: each.cell, value });
                  witness.put = { name: each.cell, value: each.remove ? undefined : value };
                  if (each.throws) throw new RangeError("no");
                });
          running.push(answered(ctx, witness, transaction));
        }
      }
      disk.mend();
      disk.release();
      await Promise.all(running);

      const model: Record<string, number> = {};
      for (const { saw, put } of witnesses.filter((w) => w.acknowledged).sort((a, b) => a.order - b.order)) {
        expect(saw).toEqual(model);
        if (put?.value === undefined) delete model[put?.name ?? ""];
        else model[put.name] = put.value;
      }
      expect(await context().read(all)).toEqual(model);
      await close();
    }),
    { numRuns: 200 },
  );
});

test("a context whose write was lost stays void, even if its handler swallows the error", async () => {
  const { disk, context, close } = await open();
  const ctx = context();
  disk.break();
  await ctx.transact((tx) => tx.put(cells, { name: "a", value: 1 }));
  await expect(ctx.durable()).rejects.toThrow(StoreUnavailableError);
  disk.mend();
  await ctx.transact((tx) => tx.put(cells, { name: "b", value: 1 }));
  await expect(ctx.durable()).rejects.toThrow(StoreUnavailableError);
  await close();
});

test("every waiter for a context's writes waits for all of them", async () => {
  const { disk, context, close } = await open();
  const ctx = context();
  await ctx.transact((tx) => tx.put(cells, { name: "z", value: 0 }));
  await ctx.durable();
  disk.hold();
  await ctx.transact((tx) => tx.put(cells, { name: "a", value: 1 }));
  const [first, second] = [ctx.durable(), ctx.durable()];
  expect(await settles(second)).toBe(false);
  disk.release();
  await Promise.all([first, second]);
  await close();
});

test("a transaction cannot await anything else", async () => {
  const { context, close } = await open();
  const ctx = context();
  const nothing = "a transaction may await nothing but its own methods";
  await expect(ctx.transact(async () => ctx.transact(() => {}))).rejects.toThrow(nothing);
  await expect(ctx.read(async () => ctx.read(async () => {}))).rejects.toThrow(nothing);
  await expect(ctx.transact(async () => void (await ctx.aws.hello.ListGreetings({})))).rejects.toThrow(
    nothing,
  );
  await expect(
    ctx.transact(async () => void (await ctx.as("x").aws.hello.ListGreetings({}))),
  ).rejects.toThrow(nothing);
  await ctx.transact((tx) => tx.put(cells, { name: "a", value: 1 }));
  await close();
});
