import { describe, expect, test } from "vitest";
import { type Commit, type KeyValueStore, LimitError, MAX_VALUE_BYTES } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { openPartition, StoreUnavailableError, TransactionError } from "./partition.ts";

const key = (text: string) => Buffer.from(text);
const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString();
const everything = { start: key("a"), end: key("z"), limit: 100 };
const registry = {
  key: key("~registry"),
  encode: (sequence: number) => Buffer.from(String(sequence)),
  decode: (value: Uint8Array) => Number(text(value)),
};

/** A store whose commits settle when the test says so. */
function heldStore() {
  const memory = openMemory();
  const held: { commit: Commit; release(): void; fail(error: Error): void }[] = [];
  const store: KeyValueStore = {
    ...memory,
    commit: (handed) =>
      new Promise((resolve, reject) => {
        const commit = "close" in handed ? handed.close() : handed;
        held.push({ commit, release: () => memory.commit(commit).then(resolve, reject), fail: reject });
      }),
  };
  return { store, held };
}

const open = (store: KeyValueStore, owner = "one") => openPartition({ name: "p", owner, store, registry });
const settled = async (promise: Promise<unknown> | undefined) =>
  Promise.race([promise!.then(() => true), new Promise((no) => setImmediate(no, false))]);

describe("applied before durable", () => {
  test("the next transaction sees a write at once, and its response waits for the disk", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    const first = await partition.write((draft) => draft.put(key("a"), key("1")));
    const second = await partition.read(async (view) => text(await view.get(key("a"))));
    expect(second.result).toBe("1");
    expect(await settled(second.durable)).toBe(false);
    held[0]!.release();
    await second.durable;
    await first.durable;
  });

  test("durable data is returned at once, also while another key is pending", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    await partition.write((draft) => draft.put(key("a"), key("1")));
    const { durable } = await partition.read((view) => view.get(key("b")));
    expect(durable).toBeUndefined();
    expect(held).toHaveLength(1);
  });

  test("an error is an answer: it waits for what it saw", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    await partition.write((draft) => draft.put(key("a"), key("1")));
    const refusing = async () =>
      partition.write(async (draft) => {
        await draft.get(key("a"));
        throw new Error("exists");
      });
    const refused = await refusing().catch((error) => error);
    expect(refused).toBeInstanceOf(TransactionError);
    expect(await settled(refused.durable)).toBe(false);
    expect(held).toHaveLength(1);
  });

  test("a write that is too large is rejected, and the error waits for what it saw", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    await partition.write((draft) => draft.put(key("a"), key("1")));
    const oversized = async () =>
      partition.write(async (draft) => {
        await draft.get(key("a"));
        draft.put(key("b"), Buffer.alloc(MAX_VALUE_BYTES + 1));
      });
    const refused = await oversized().catch((error) => error);
    expect(refused.cause).toBeInstanceOf(LimitError);
    expect(await settled(refused.durable)).toBe(false);
    held[0]!.release();
    await refused.durable;
    expect((await partition.read((view) => view.get(key("b")))).result).toBeUndefined();
  });

  test("ranges merge stored rows, pending rows and the transaction's own writes", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    await partition.write((draft) => {
      for (const name of ["b", "d", "f"]) draft.put(key(name), key("stored"));
    });
    held[0]!.release();
    await new Promise(setImmediate);
    await partition.write((draft) => {
      draft.put(key("a"), key("pending"));
      draft.delete(key("d"));
    });
    const { result } = await partition.write(async (draft) => {
      draft.put(key("e"), key("own"));
      const forward = await draft.range(everything);
      const backward = await draft.range({ ...everything, limit: 2, reverse: true });
      return [forward, backward].map((rows) => rows.map((row) => `${text(row.key)}=${text(row.value)}`));
    });
    expect(result).toEqual([
      ["a=pending", "b=stored", "e=own", "f=stored"],
      ["f=stored", "e=own"],
    ]);
  });
});

describe("a failing disk", () => {
  test("fails everything that saw the lost write, and nothing of it can be stored afterwards", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    const lost = await partition.write((draft) => draft.put(key("a"), key("lost")));
    const reader = await partition.read((view) => view.get(key("a")));
    const follower = await partition.write(async (draft) => {
      draft.put(key("b"), (await draft.get(key("a")))!);
    });
    const disk = new Error("ENOSPC");
    held[0]!.fail(disk);
    held[1]!.fail(disk);
    for (const { durable } of [lost, reader, follower])
      await expect(durable).rejects.toThrow(StoreUnavailableError);
    const { result } = await partition.read((view) => view.range(everything));
    expect(result).toEqual([]);
  });

  test("is recovered from: the partition acquires a new lease and continues", async () => {
    const { store, held } = heldStore();
    const partition = open(store);
    const lost = await partition.write((draft) => draft.put(key("a"), key("lost")));
    held[0]!.fail(new Error("EIO"));
    await expect(lost.durable).rejects.toThrow();
    const next = await partition.write((draft) => draft.put(key("a"), key("kept")));
    held[1]!.release();
    await next.durable;
    expect(text(await store.get(key("a")))).toBe("kept");
  });
});

describe("transactions that share a commit", () => {
  /** Collects groups as the store writes them, each commit as its rows. */
  function grouped() {
    const groups: string[][] = [];
    const store = openMemory({
      fault: (group) => {
        groups.push(
          group.map(({ puts, deletes }) =>
            [
              ...puts.map((row) => `${text(row.key)}=${text(row.value)}`),
              ...deletes.map((gone) => `-${text(gone)}`),
            ].join(" "),
          ),
        );
      },
    });
    return { store, groups };
  }

  test("write each key once, as the last of them left it", async () => {
    const { store, groups } = grouped();
    const partition = open(store);
    const put = async (name: string, value: string) =>
      partition.write((draft) => draft.put(key(name), key(value)));
    await put("a", "0");
    const applied = [await put("a", "1"), await put("b", "1")];
    applied.push(await partition.write((draft) => draft.delete(key("a"))));
    await Promise.all(applied.map(({ durable }) => durable));
    expect(groups).toEqual([["b=1 -a"]]);
  });

  test("join until the commit is being written: later ones are in the next", async () => {
    const { store, groups } = grouped();
    const partition = open(store);
    const first = await partition.write((draft) => draft.put(key("a"), key("1")));
    await first.durable;
    await (await partition.write((draft) => draft.put(key("b"), key("2")))).durable;
    expect(groups).toEqual([["a=1"], ["b=2"]]);
  });

  test("have one companion, which is informed whether they were written", async () => {
    const heard: string[] = [];
    const { store, groups } = grouped();
    const partition = openPartition({
      name: "p",
      owner: "one",
      store,
      registry,
      accompany: () => ({
        rows: [{ key: key("along"), value: key(String(heard.length)) }],
        arrived: () => heard.push("arrived"),
        lost: () => heard.push("lost"),
      }),
    });
    const both = ["a", "b"].map(async (name) => partition.write((draft) => draft.put(key(name), key("1"))));
    for (const applied of both) await (await applied).durable;
    expect(groups).toEqual([["a=1 b=1 along=0"]]);
    expect(heard).toEqual(["arrived"]);
  });
});

test("sequence numbers grow across owners, also when a transaction that took one failed", async () => {
  const memory = openMemory();
  const first = open(memory, "one");
  const inVain = async () =>
    first.write((draft) => {
      draft.sequence();
      throw new Error("no");
    });
  await inVain().catch(() => {});
  const { result: before } = await first.write((draft) => {
    draft.put(key("a"), key("1"));
    return draft.sequence();
  });
  await first.close();
  const { result: after } = await open(memory, "two").write((draft) => draft.sequence());
  expect(after).toBeGreaterThan(before);
});

test("an owner that was replaced is refused and returns nothing", async () => {
  const memory = openMemory();
  const old = open(memory, "old");
  await (await old.write((draft) => draft.put(key("a"), key("old")))).durable;
  await memory.release({ partition: "p", owner: "old", epoch: 1 });
  const young = open(memory, "young");
  await (await young.write((draft) => draft.put(key("a"), key("young")))).durable;
  const late = await old.write((draft) => draft.put(key("a"), key("late")));
  await expect(late.durable).rejects.toThrow(StoreUnavailableError);
  expect(text(await memory.get(key("a")))).toBe("young");
});

test("writers run one at a time, whatever they wait for", async () => {
  const partition = open(openMemory());
  const increment = () =>
    partition.write(async (draft) => {
      const value = Number(text(await draft.get(key("n"))) ?? 0);
      await new Promise(setImmediate);
      draft.put(key("n"), key(String(value + 1)));
    });
  await Promise.all(Array.from({ length: 20 }, increment));
  const { result } = await partition.read((view) => view.get(key("n")));
  expect(text(result)).toBe("20");
});

test("a cached record is never older than the last write", async () => {
  const { store, held } = heldStore();
  const partition = open(store);
  const read = async () => (await partition.read((view) => view.getHot(key("a"), text))).result;
  expect(await read()).toBeUndefined();
  await partition.write((draft) => draft.put(key("a"), key("1")));
  expect(await read()).toBe("1");
  held[0]!.release();
  await new Promise(setImmediate);
  expect(await read()).toBe("1");
  const { result } = await partition.write(async (draft) => {
    draft.put(key("a"), key("2"));
    return draft.getHot(key("a"), text);
  });
  expect([result, await read()]).toEqual(["2", "2"]);
  held[1]!.fail(new Error("EIO"));
  await new Promise(setImmediate);
  expect(await read()).toBe("1");
});
