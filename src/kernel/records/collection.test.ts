import fc from "fast-check";
import { expect, test } from "vitest";
import { silentLog } from "#lib/log.ts";
import { random } from "#lib/random.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dataKeys } from "../secrets/data-keys.ts";
import { TEST_MASTERS } from "../testing.ts";
import { type Collection, collection } from "./collection.ts";
import { type Home, openHome } from "./home.ts";
import { journal } from "./journal.ts";
import type { ListRange } from "./transaction.ts";

interface Pet {
  name: string;
  kind: string;
  age: number;
}

const pets = collection<Pet>("test/pet", {
  scope: "account",
  key: (pet) => [pet.name],
  indexes: {
    byKind: (pet) => [pet.kind, pet.name],
    // Leaves out young pets.
    byAge: (pet) => (pet.age > 2 ? [pet.age, pet.name] : undefined),
  },
});

function home(store: KeyValueStore = openMemory(), owner = "one", account = "1"): Home {
  return openHome({
    era: Buffer.from([0, 0, 0, 1]),
    service: "test",
    scope: "account",
    place: { account, region: "r" },
    process: 1,
    owner,
    store,
    clock: { now: () => 0 },
    random: random(1),
    keys: dataKeys(TEST_MASTERS),
    ports: { sinks: {} },
    log: silentLog,
    claim: () => {},
  });
}

const name = fc.constantFrom("a", "aa", "ab", "b", "b\0", "bé", "c");
const kind = fc.constantFrom("cat", "cats", "dog");
const step = fc.oneof(
  fc.record({ do: fc.constant("put" as const), name, kind, age: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ do: fc.constant("delete" as const), name }),
  fc.record({
    do: fc.constant("look" as const),
    prefix: fc.constantFrom("", "a", "b"),
    reverse: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("look-by" as const),
    kind,
    limit: fc.integer({ min: 1, max: 3 }),
    reverse: fc.boolean(),
  }),
);
const transactions = fc.array(fc.record({ steps: fc.array(step, { maxLength: 8 }), fails: fc.boolean() }), {
  maxLength: 8,
});

const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const inOrder = (model: Map<string, Pet>, reverse = false) => {
  const sorted = [...model.values()].sort((a, b) => byteOrder(a.name, b.name));
  return reverse ? sorted.reverse() : sorted;
};

test("records, ranges and indexes behave like a map, within a transaction and across them", async () => {
  await fc.assert(
    fc.asyncProperty(transactions, async (all) => {
      const records = home();
      let model = new Map<string, Pet>();
      for (const { steps, fails } of all) {
        const draft = new Map(model);
        const run = records.write(async (tx) => {
          for (const each of steps) {
            if (each.do === "put") {
              const { do: _, ...pet } = each;
              tx.put(pets, pet);
              draft.set(pet.name, pet);
            } else if (each.do === "delete") {
              tx.delete(pets, [each.name]);
              draft.delete(each.name);
            } else if (each.do === "look") {
              const { prefix, reverse } = each;
              const wanted = inOrder(draft, reverse).filter((pet) => pet.name.startsWith(prefix));
              expect(await tx.list(pets, { prefix, reverse, limit: 100 })).toEqual(wanted);
            } else {
              const { limit, reverse } = each;
              const wanted = inOrder(draft, reverse).filter((pet) => pet.kind === each.kind);
              expect(await tx.listBy(pets, "byKind", { in: [each.kind], limit, reverse })).toEqual(
                wanted.slice(0, limit),
              );
            }
          }
          if (fails) throw new RangeError("no");
        });
        if (fails) await expect(run).rejects.toThrow();
        else {
          await run;
          model = draft;
        }
      }
      expect(await records.read((tx) => tx.list(pets, { limit: 100 }))).toEqual(inOrder(model));
      const old = inOrder(model)
        .filter((pet) => pet.age > 2)
        .sort((a, b) => a.age - b.age || byteOrder(a.name, b.name));
      expect(await records.read((tx) => tx.listBy(pets, "byAge", { limit: 100 }))).toEqual(old);
    }),
    { numRuns: 150 },
  );
});

test("a range has the right bounds", async () => {
  const records = home();
  const words = collection<{ path: string[] }>("test/word", { scope: "account", key: (word) => word.path });
  const all = [["a"], ["a", "x"], ["b", "x"], ["b", "y"], ["b", "yy"], ["c", "x"]];
  await records.write((tx) => {
    for (const path of all) tx.put(words, { path });
  });
  const list = async (range: Omit<ListRange, "limit">, limit = 10) =>
    (await records.read((tx) => tx.list(words, { ...range, limit }))).map(({ path }) => path.join("/"));
  expect(await list({ from: ["b", "y"] })).toEqual(["b/y", "b/yy", "c/x"]);
  expect(await list({ after: ["b", "y"] })).toEqual(["b/yy", "c/x"]);
  expect(await list({ after: ["a"] })).toEqual(["b/x", "b/y", "b/yy", "c/x"]);
  expect(await list({ in: ["b"], after: ["x"] })).toEqual(["b/y", "b/yy"]);
  expect(await list({ in: ["b"], prefix: "y" })).toEqual(["b/y", "b/yy"]);
  expect(await list({ in: ["b"], past: "y" })).toEqual([]);
  expect(await list({ before: ["b", "y"] })).toEqual(["a", "a/x", "b/x"]);
  expect(await list({ before: ["c"], reverse: true }, 2)).toEqual(["b/yy", "b/y"]);
});

test("one record may take the index key that another leaves", async () => {
  interface Seat {
    guest: string;
    seat: number;
  }
  const seats = collection<Seat>("test/seat", {
    scope: "account",
    key: (seat) => [seat.guest],
    indexes: { bySeat: (seat) => [seat.seat] },
  });
  const records = home();
  const put = (...all: Seat[]) =>
    records.write((tx) => {
      for (const seat of all) tx.put(seats, seat);
    });
  await put({ guest: "ann", seat: 1 }, { guest: "bob", seat: 2 });
  await put({ guest: "bob", seat: 1 }, { guest: "ann", seat: 2 });
  const bySeat = await records.read((tx) => tx.listBy(seats, "bySeat", { limit: 10 }));
  expect(bySeat.map(({ guest }) => guest)).toEqual(["bob", "ann"]);
});

test("a record of an older version is upgraded when it is read, and its index rows are removed when it changes", async () => {
  interface Person {
    id: string;
    names: string[];
  }
  const old = collection<{ id: string; name: string }>("test/person", {
    scope: "account",
    key: (person) => [person.id],
    indexes: { byName: (person) => [person.name, person.id] },
  });
  const people: Collection<Person> = collection<Person>("test/person", {
    scope: "account",
    version: 2,
    key: (person) => [person.id],
    indexes: { byName: (person) => [person.names[0]!, person.id] },
    upgrade: (record, version) => {
      expect(version).toBe(1);
      const { id, name } = record as { id: string; name: string };
      return { id, names: [name] };
    },
  });
  const records = home();
  await records.write((tx) => tx.put(old, { id: "1", name: "Ann" }));
  expect(await records.read((tx) => tx.get(people, ["1"]))).toEqual({ id: "1", names: ["Ann"] });
  await records.write((tx) => tx.put(people, { id: "1", names: ["Anna"] }));
  expect(await records.read((tx) => tx.listBy(people, "byName", { limit: 9 }))).toEqual([
    { id: "1", names: ["Anna"] },
  ]);
  await expect(records.read((tx) => tx.get(old, ["1"]))).rejects.toThrow("version 2");
  expect(() => collection("test/x", { scope: "region", key: () => [], version: 128 })).toThrow(RangeError);
});

test("a write after the end of a transaction throws", async () => {
  const records = home();
  let late: Promise<void> | undefined;
  await records.write((tx) => {
    late = Promise.resolve().then(async () => {
      await new Promise(setImmediate);
      tx.put(pets, { name: "a", kind: "cat", age: 1 });
    });
    late.catch(() => {});
  });
  await expect(late).rejects.toThrow("not awaited");
  expect(await records.read((tx) => tx.list(pets, { limit: 9 }))).toEqual([]);
});

test("a transaction counts the bytes that it has put", async () => {
  const rows = { name: "test/row", scope: "account" } as const;
  await home().write((tx) => {
    expect(tx.written).toBe(0);
    tx.putBytes(rows, ["a"], Buffer.alloc(1_000));
    const once = tx.written;
    expect(once).toBeGreaterThan(1_000);
    tx.deleteBytes(rows, ["b"]);
    expect(tx.written).toBe(once);
    // Replaced values count as well: the result is never less than what the commit has.
    tx.putBytes(rows, ["a"], Buffer.alloc(1_000));
    expect(tx.written).toBe(2 * once);
  });
});

test("accounts do not see each other's records, and a collection of another scope is rejected", async () => {
  const store = openMemory();
  const [one, two] = [home(store, "o", "1"), home(store, "o", "2")];
  await one.write((tx) => tx.put(pets, { name: "a", kind: "cat", age: 3 }));
  expect(await two.read((tx) => tx.list(pets, { limit: 9 }))).toEqual([]);
  const elsewhere = collection<Pet>("test/pet", { scope: "region", key: (pet) => [pet.name] });
  await expect(one.read(async (tx) => tx.get(elsewhere, ["a"]))).rejects.toThrow("scope");
});

test("a journal is read in commit order, and no entry is skipped or repeated", async () => {
  const log = journal<string>("test/log", { scope: "account" });
  const records = home();
  await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      records
        .write(async (tx) => {
          await tx.get(pets, ["a"]);
          tx.append(log, [i % 2 ? "odd" : "even"], `${i}`);
          if (i % 5 === 0) throw new Error("no");
          tx.append(log, ["even"], `${i}+`);
        })
        .catch(() => {}),
    ),
  );
  const seen: string[] = [];
  for (let after = 0; ; ) {
    const page = await records.read((tx) => tx.follow(log, ["even"], after, 4));
    if (page.length === 0) break;
    expect(page.every((entry, i) => entry.sequence > (page[i - 1]?.sequence ?? after))).toBe(true);
    seen.push(...page.map(({ entry }) => entry));
    after = page.at(-1)!.sequence;
  }
  const kept = Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 5 !== 0);
  expect(seen).toEqual(kept.flatMap((i) => (i % 2 ? [`${i}+`] : [`${i}`, `${i}+`])));
});

test("sequence numbers are never reused, whatever failed before and whoever owned the partition", async () => {
  const store = openMemory();
  const given: number[] = [];
  for (const owner of ["one", "two", "three"]) {
    const records = home(store, owner);
    await expect(
      records.write((tx) => {
        tx.sequence();
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    // A commit without a number must not count the number above as reserved.
    await records.write((tx) => tx.put(pets, { name: "a", kind: "cat", age: 1 }));
    for (let i = 0; i < 3; i++) {
      await records.write((tx) => {
        given.push(tx.sequence());
        tx.put(pets, { name: "b", kind: "cat", age: i });
      });
    }
    await records.close();
  }
  expect(new Set(given).size).toBe(given.length);
  expect(given).toEqual([...given].sort((a, b) => a - b));
});
