import { expect, test } from "vitest";
import { openMemory as openStore } from "#storage/kv/memory.ts";
import { memory } from "./memory.ts";
import { openPartition } from "./partition.ts";

const registry = {
  key: Buffer.from("~registry"),
  encode: (sequence: number) => Buffer.from(String(sequence)),
  decode: (value: Uint8Array) => Number(Buffer.from(value).toString()),
};
const key = (text: string) => Buffer.from(text);

function fixture() {
  let failing = false;
  const store = openStore({
    fault: () => {
      if (failing) throw new Error("no space");
    },
  });
  const dropped: string[][] = [];
  const kind = memory<string[]>(
    "letters",
    () => [],
    (letters) => dropped.push(letters),
  );
  const partition = openPartition({ name: "p", owner: "one", store, registry });
  const add = (letter: string) =>
    partition.write((draft) => {
      draft.put(key(letter), key(letter));
      draft.afterwards.push(() => draft.memory(kind).push(letter));
    });
  const held = async () => (await partition.read((view) => view.memory(kind))).result;
  return { partition, kind, add, held, dropped, fail: () => (failing = true), mend: () => (failing = false) };
}

test("in-memory state follows applied transactions, and the response waits for the disk", async () => {
  const { add, partition, kind } = fixture();
  const first = await add("a");
  const { result, durable } = await partition.read((view) => [...view.memory(kind)]);
  expect(result).toEqual(["a"]);
  expect(durable).toBe(first.durable);
});

test("a transaction that throws does not change it", async () => {
  const { add, held, partition, kind } = fixture();
  await add("a");
  const refused = () =>
    partition.write((draft) => {
      draft.afterwards.push(() => draft.memory(kind).push("b"));
      throw new Error("refused");
    });
  expect(refused).toThrow();
  expect(await held()).toEqual(["a"]);
});

test("when a commit fails, later changes are dropped", async () => {
  const { add, held, dropped, fail, mend } = fixture();
  await (await add("a")).durable;
  fail();
  await expect((await add("b")).durable).rejects.toThrow();
  mend();
  expect(await held()).toEqual([]);
  expect(dropped).toEqual([["a", "b"]]);
});

test("it ends with the partition", async () => {
  const { add, partition, dropped } = fixture();
  await add("a");
  await partition.close();
  expect(dropped).toEqual([["a"]]);
});
