import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FencedError, type Lease, type Row } from "../kv.ts";
import { bytes, type Subject } from "./subject.ts";

export function commitsSuite(subject: Subject): void {
  describe("commits", () => {
    test("are serializable: every read sees all commits up to some point, including all acknowledged ones", async () => {
      const partitions = ["x", "y", "z"] as const;
      const name = fc.constantFrom("a", "b", "c", "d");
      const commit = fc.record({
        partition: fc.constantFrom(...partitions),
        puts: fc.dictionary(name, fc.string({ maxLength: 3 }), { maxKeys: 3 }),
        deletes: fc.array(name, { maxLength: 2 }),
      });
      const step = fc.oneof(
        { weight: 5, arbitrary: commit },
        { weight: 2, arbitrary: fc.record({ read: fc.constantFrom(...partitions) }) },
        { weight: 1, arbitrary: fc.record({ pause: fc.integer({ min: 0, max: 3 }) }) },
      );
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const space = `${round++}/`;
          const histories = new Map<
            string,
            { lease: Lease; states: Record<string, string>[]; acknowledged: number }
          >();
          for (const partition of partitions) {
            const lease = await subject.store.lease(space + partition, "me");
            histories.set(partition, { lease, states: [{}], acknowledged: 0 });
          }
          const pending: Promise<void>[] = [];

          async function read(partition: string): Promise<void> {
            const history = histories.get(partition)!;
            const prefix = `${space}${partition}/`;
            const earliest = history.acknowledged;
            const seen = await subject.contents(prefix, `${prefix}\uffff`);
            expect(history.states.slice(earliest)).toContainEqual(seen);
          }

          for (const step of steps) {
            if ("read" in step) {
              pending.push(read(step.read));
            } else if ("pause" in step) {
              for (let i = 0; i < step.pause; i++) await new Promise(setImmediate);
            } else {
              const history = histories.get(step.partition)!;
              const prefix = `${space}${step.partition}/`;
              const deletes = step.deletes.map((key) => prefix + key);
              const puts = Object.fromEntries(
                Object.entries(step.puts).map(([key, value]) => [prefix + key, value]),
              );
              const state = { ...history.states.at(-1)! };
              for (const key of deletes) delete state[key];
              const number = history.states.push({ ...state, ...puts }) - 1;
              pending.push(
                subject.write(history.lease, puts, deletes).then(() => {
                  expect(history.acknowledged).toBe(number - 1);
                  history.acknowledged = number;
                }),
              );
            }
          }
          await Promise.all(pending);
          for (const partition of partitions) {
            const history = histories.get(partition)!;
            expect(await subject.contents(`${space}${partition}/`, `${space}${partition}/\uffff`)).toEqual(
              history.states.at(-1),
            );
          }
        }),
        { numRuns: subject.examples },
      );
    });

    test("of a thousand concurrent writers are all applied, in order within a partition", async () => {
      const leases = await Promise.all(
        Array.from({ length: 10 }, (_, i) => subject.store.lease(`p${i}`, "me")),
      );
      await Promise.all(
        Array.from({ length: 1_000 }, (_, i) =>
          subject.write(leases[i % 10]!, { [`row${i}`]: `${i}`, [`last${i % 10}`]: `${i}` }),
        ),
      );
      expect(Object.keys(await subject.contents("row", "rox"))).toHaveLength(1_000);
      expect(await subject.contents("last", "lasu")).toEqual(
        Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`last${i}`, `${990 + i}`])),
      );
    });

    test("that are open include the rows added until they are closed, and none added later", async () => {
      const lease = await subject.store.lease("p", "me");
      const added: Row[] = [];
      let isOpen = true;
      const add = (name: string) => isOpen && added.push({ key: bytes(name), value: bytes(name) });
      add("first");
      const written = subject.store.commit({
        lease,
        bytes: 0,
        writers: 1,
        close() {
          isOpen = false;
          return { lease, puts: added, deletes: [] };
        },
      });
      add("second");
      await written;
      add("late");
      expect(await subject.contents()).toEqual({ first: "first", second: "second" });
    });

    test("that are open are fenced after the lease is released", async () => {
      const lease = await subject.store.lease("p", "me");
      await subject.store.release(lease);
      const close = () => ({ lease, puts: [], deletes: [] });
      const written = subject.store.commit({ lease, bytes: 0, writers: 1, close });
      await expect(written).rejects.toThrow(FencedError);
    });

    test("without changes require a valid lease", async () => {
      const lease = await subject.store.lease("p", "me");
      await subject.write(lease, {});
      await subject.store.release(lease);
      await expect(subject.write(lease, {})).rejects.toThrow(FencedError);
    });
  });
}
