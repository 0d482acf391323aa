import { afterEach, expect, test } from "vitest";
import { type Body, bodyOf } from "#lib/body.ts";
import { BlobMissingError, type BlobStore } from "#storage/blobs/blobs.ts";
import { openMemoryBlobs } from "#storage/blobs/memory.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { type BlobRef, blobSteps, INLINE_BYTES, intents, keepOrDrop } from "./blobs.ts";
import type { CallContext } from "./calls/call-context.ts";
import { rootOf } from "./calls/principal.ts";
import { collection } from "./records/collection.ts";
import { StoreUnavailableError } from "./records/partition.ts";
import { defineService } from "./service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "./testing.ts";
import { settles, type TestDisk, testDisk } from "./testing-disk.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

interface Thing {
  name: string;
  ref: BlobRef;
}
const things = collection<Thing>("hello/thing", { scope: "region", key: (thing) => [thing.name] });
const steps = blobSteps("hello", "region");
const service = defineService({ id: "hello", operations: [], access: {} });
const LARGE = INLINE_BYTES + 1;

/** A blob folder that exposes its content and can simulate a power cut. */
function testBlobs(memory = openMemoryBlobs(), files = new Set<string>()) {
  let steps = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  /** After the power cut, no operation of the process ever settles. */
  const step = () => (steps++ < cutAt ? undefined : new Promise<never>(() => {}));
  const store: BlobStore = {
    ...memory,
    async create(id, options) {
      await step();
      const writer = await memory.create(id, options);
      return {
        ...writer,
        async commit() {
          await step();
          await writer.commit();
          files.add(id);
        },
      };
    },
    async copy(id, to) {
      await step();
      await memory.copy(id, to);
      files.add(to);
    },
    async remove(id) {
      await step();
      await memory.remove(id);
      files.delete(id);
    },
  };
  return {
    store,
    files,
    memory,
    get steps() {
      return steps;
    },
    cut(after: number) {
      cutAt = after;
    },
  };
}

async function cloudOn(store: KeyValueStore, blobs: BlobStore) {
  const nube = await testCloud([service], { store, blobs });
  open.push(nube);
  const context = () =>
    nube.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  return { ...nube, context };
}

async function put(ctx: CallContext, name: string, body: Body) {
  const staged = await ctx.blobs.receive(body, { limit: 1e6 });
  await ctx.transact(async (tx) => {
    const old = await tx.get(things, [name]);
    if (old) steps.discard(tx, old.ref);
    tx.put(things, { name, ref: await steps.keep(tx, staged) });
  });
  await ctx.durable();
}

async function remove(ctx: CallContext, name: string) {
  await ctx.transact(async (tx) => {
    const old = await tx.get(things, [name]);
    if (old) steps.discard(tx, old.ref);
    tx.delete(things, [name]);
  });
  await ctx.durable();
}

async function get(ctx: CallContext, name: string): Promise<Buffer | undefined> {
  const found = await ctx.read(async (tx) => {
    const thing = await tx.get(things, [name]);
    return thing && ((await steps.inline(tx, thing.ref)) ?? ctx.blobs.read(thing.ref, 0, thing.ref.size));
  });
  if (!found) return undefined;
  if (found instanceof Uint8Array) return Buffer.from(found);
  const chunks: Uint8Array[] = [];
  for await (const chunk of found) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const intended = (ctx: CallContext) => ctx.read((tx) => tx.list(intents.region, { limit: 100 }));

/** A body of undeclared length. */
async function* chunked(size: number, fill = "x") {
  for (let at = 0; at < size; at += 10_000) yield Buffer.alloc(Math.min(10_000, size - at), fill);
}
const streamed = (size: number, chunks: AsyncIterable<Uint8Array> = chunked(size)): Body => ({
  ...bodyOf(""),
  size: undefined,
  [Symbol.asyncIterator]: () => chunks[Symbol.asyncIterator](),
});

test.each([0, 1, INLINE_BYTES, LARGE, 500_000])(
  "a body of %i bytes is stored, with a declared length or without",
  async (size) => {
    const { store, files } = testBlobs();
    const { context } = await cloudOn(testDisk().store, store);
    const seen: number[] = [];
    for (const [name, body] of Object.entries({
      told: bodyOf(Buffer.alloc(size, "x")),
      streamed: streamed(size),
    })) {
      const ctx = context();
      const staged = await ctx.blobs.receive(body, {
        limit: size,
        tap: (chunk) => void seen.push(chunk.length),
      });
      await ctx.transact(async (tx) => tx.put(things, { name, ref: await steps.keep(tx, staged) }));
      expect(await get(ctx, name)).toEqual(Buffer.alloc(size, "x"));
      expect(await intended(ctx)).toEqual([]);
    }
    expect(seen.reduce((sum, length) => sum + length, 0)).toBe(2 * size);
    expect(files.size).toBe(size > INLINE_BYTES ? 2 : 0);
  },
);

test("a body that is too large, or ends with an error, leaves nothing", async () => {
  const { store, files } = testBlobs();
  const { context } = await cloudOn(testDisk().store, store);
  async function* broken() {
    yield* chunked(LARGE);
    throw new Error("signature");
  }
  const { blobs } = context();
  await expect(blobs.receive(streamed(LARGE), { limit: INLINE_BYTES })).rejects.toThrow("more than");
  await expect(blobs.receive(bodyOf("ab"), { limit: 1 })).rejects.toThrow("more than");
  await expect(blobs.receive(streamed(0, broken()), { limit: 1e6 })).rejects.toThrow("signature");
  expect(files.size).toBe(0);
  expect(await intended(context())).toEqual([]);
});

test("a dropped body is deleted; a kept one stays, even if it is dropped afterwards", async () => {
  const { store, files } = testBlobs();
  const { context } = await cloudOn(testDisk().store, store);
  const ctx = context();
  const dropped = await ctx.blobs.receive(streamed(LARGE), { limit: 1e6 });
  expect(files.size).toBe(1);
  expect(await intended(ctx)).toHaveLength(1);
  await ctx.blobs.drop(dropped);
  expect(files.size).toBe(0);
  await expect(ctx.transact((tx) => steps.keep(tx, dropped))).rejects.toThrow("intent is gone");

  const kept = await ctx.blobs.receive(streamed(LARGE), { limit: 1e6 });
  await ctx.transact(async (tx) => tx.put(things, { name: "a", ref: await steps.keep(tx, kept) }));
  await ctx.blobs.drop(kept);
  expect(await get(ctx, "a")).toHaveLength(LARGE);
});

test("a discarded body is deleted after the transaction, and not if that fails", async () => {
  const { store, files } = testBlobs();
  const { context, advance } = await cloudOn(testDisk().store, store);
  await put(context(), "a", streamed(LARGE));
  const refused = context().transact(async (tx) => {
    steps.discard(tx, (await tx.get(things, ["a"]))!.ref);
    throw new Error("no");
  });
  await expect(refused).rejects.toThrow("no");
  await advance("1s");
  expect(await get(context(), "a")).toHaveLength(LARGE);
  await put(context(), "a", streamed(LARGE + 1));
  await advance("1s");
  expect(files.size).toBe(1);
  await remove(context(), "a");
  await advance("1s");
  expect(files.size).toBe(0);
});

test("a large body is deleted if the commit of its pointer fails, and kept if it succeeds", async () => {
  const disk = testDisk();
  const { store, files } = testBlobs();
  const { context } = await cloudOn(disk.store, store);
  const keep = async (ctx: CallContext, name: string) => {
    const staged = await ctx.blobs.receive(streamed(LARGE), { limit: 1e6 });
    const next = disk.groups;
    if (name === "lost") disk.failing((group) => group === next);
    await keepOrDrop(ctx, staged, async (tx) => tx.put(things, { name, ref: await steps.keep(tx, staged) }));
  };
  await keep(context(), "kept");
  await expect(keep(context(), "lost")).rejects.toThrow(StoreUnavailableError);
  expect(files.size).toBe(1);
  expect(await intended(context())).toEqual([]);
  expect(await get(context(), "kept")).toHaveLength(LARGE);
  expect(await get(context(), "lost")).toBeUndefined();
});

/** Runs the scenario until the power is cut, and returns what the next process finds. */
async function afterCut(
  at: { disk?: number; blobs?: number },
  story: (ctx: () => CallContext) => Promise<void>,
) {
  const disk: TestDisk = testDisk();
  const blobs = testBlobs();
  const before = await testCloud([service], { store: disk.store, blobs: blobs.store });
  const ctx = () =>
    before.cloud.context({ service, principal: rootOf("1"), place: TEST_PLACE, requestId: "r" });
  await before.advance("0s");
  const [diskStart, blobsStart] = [disk.groups, blobs.steps];
  disk.failing((group) => group >= diskStart + (at.disk ?? Number.POSITIVE_INFINITY));
  blobs.cut(blobsStart + (at.blobs ?? Number.POSITIVE_INFINITY));
  const told = story(ctx).then(
    () => true,
    () => false,
  );
  const finished = (await settles(told)) && (await told);
  disk.break();
  blobs.cut(0);
  const rest = testBlobs(blobs.memory, blobs.files);
  const after = await cloudOn(await disk.copy(), rest.store);
  await after.advance("1s");
  return { ...after, finished, files: rest.files };
}

const story = async (ctx: () => CallContext) => {
  await put(ctx(), "a", streamed(LARGE));
  await put(ctx(), "a", streamed(LARGE + 1));
  await remove(ctx(), "a");
  await put(ctx(), "b", streamed(LARGE + 2));
};

test.each(["disk", "blobs"] as const)(
  "a power cut before any step of the %s leaves a pointer with its file, or nothing",
  async (where) => {
    for (let at = 0; ; at++) {
      const { context, finished, files } = await afterCut({ [where]: at }, story);
      const ctx = context();
      const pointers = await ctx.read((tx) => tx.list(things, { limit: 10 }));
      expect([...files].sort()).toEqual(pointers.map(({ ref }) => ref.file).sort());
      for (const { name, ref } of pointers) expect(await get(ctx, name)).toHaveLength(ref.size);
      expect(await intended(ctx)).toEqual([]);
      if (finished) {
        expect(pointers.map(({ name }) => name)).toEqual(["b"]);
        expect(at).toBeGreaterThan(5);
        return;
      }
    }
  },
);

test("a missing file is an error", async () => {
  const { store } = testBlobs();
  const { context } = await cloudOn(testDisk().store, store);
  const ctx = context();
  await put(ctx, "a", streamed(LARGE));
  const { ref } = (await ctx.read((tx) => tx.get(things, ["a"])))!;
  await store.remove(ref.file!);
  await expect(get(ctx, "a")).rejects.toThrow(BlobMissingError);
});

const SECRET = { secret: Buffer.alloc(32, "a customer's key") };

const read = (ctx: CallContext, ref: BlobRef, options?: { secret: Uint8Array }) =>
  ctx.read(async (tx) => {
    const inline = await steps.inline(tx, ref, options);
    if (inline) return Buffer.from(inline);
    const chunks: Uint8Array[] = [];
    for await (const chunk of ctx.blobs.read(ref, 0, ref.size, options)) chunks.push(chunk);
    return Buffer.concat(chunks);
  });

test.each([100, LARGE])(
  "a body of %i bytes with a key of its service is read with that key",
  async (size) => {
    const { context } = await cloudOn(openMemory(), openMemoryBlobs());
    const ctx = context();
    const staged = await ctx.blobs.receive(bodyOf(Buffer.alloc(size, "x")), { limit: 1e6, ...SECRET });
    const ref = await ctx.transact((tx) => steps.keep(tx, staged));
    expect(await read(ctx, ref, SECRET)).toEqual(Buffer.alloc(size, "x"));
    await expect(read(ctx, ref, { secret: Buffer.alloc(32) })).rejects.toThrow();
    await expect(read(ctx, ref)).rejects.toThrow();
  },
);

test.each([0, 100, LARGE])(
  "a body of %i bytes with a key of its service is copied without the key, and outlives its original",
  async (size) => {
    const { store, files } = testBlobs();
    const { context, advance } = await cloudOn(openMemory(), store);
    const ctx = context();
    const staged = await ctx.blobs.receive(bodyOf(Buffer.alloc(size, "x")), { limit: 1e6, ...SECRET });
    const refs = [await ctx.transact((tx) => steps.keep(tx, staged))];
    for (let n = 0; n < 2; n++) {
      const copy = await ctx.blobs.copy(refs.at(-1)!);
      refs.push(await ctx.transact((tx) => steps.keep(tx, copy)));
    }
    await ctx.transact((tx) => steps.discard(tx, refs[0]!));
    await advance("1s");
    for (const ref of refs.slice(1)) {
      expect(ref.size).toBe(size);
      expect(await read(ctx, ref, SECRET)).toEqual(Buffer.alloc(size, "x"));
      if (size > 0) await expect(read(ctx, ref, { secret: Buffer.alloc(32) })).rejects.toThrow();
    }
    expect(files.size).toBe(size > INLINE_BYTES ? 2 : 0);
    expect(await intended(ctx)).toEqual([]);
  },
);

test.each([100, LARGE])("a copy of %i bytes that no record points to is dropped", async (size) => {
  const { store, files } = testBlobs();
  const { context } = await cloudOn(openMemory(), store);
  const ctx = context();
  const staged = await ctx.blobs.receive(bodyOf(Buffer.alloc(size, "x")), { limit: 1e6, ...SECRET });
  const ref = await ctx.transact((tx) => steps.keep(tx, staged));
  await ctx.blobs.drop(await ctx.blobs.copy(ref));
  expect(files.size).toBe(size > INLINE_BYTES ? 1 : 0);
  expect(await intended(ctx)).toEqual([]);
});

test.each([100, LARGE])("a body of %i bytes that is gone cannot be copied", async (size) => {
  const { context, advance } = await cloudOn(openMemory(), openMemoryBlobs());
  const ctx = context();
  const staged = await ctx.blobs.receive(bodyOf(Buffer.alloc(size, "x")), { limit: 1e6, ...SECRET });
  const ref = await ctx.transact((tx) => steps.keep(tx, staged));
  await ctx.transact((tx) => steps.discard(tx, ref));
  await advance("1s");
  await expect(ctx.blobs.copy(ref)).rejects.toThrow();
  expect(await intended(ctx)).toEqual([]);
});

test("a copy for which the disk is too full is a failure of the store", async () => {
  const memory = openMemoryBlobs();
  const full = { ...memory, copy: async () => Promise.reject(new Error("ENOSPC")) };
  const { context } = await cloudOn(openMemory(), full);
  const ctx = context();
  const staged = await ctx.blobs.receive(bodyOf(Buffer.alloc(LARGE, "x")), { limit: 1e6, ...SECRET });
  const ref = await ctx.transact((tx) => steps.keep(tx, staged));
  await expect(ctx.blobs.copy(ref)).rejects.toThrow(StoreUnavailableError);
  expect(await intended(ctx)).toEqual([]);
});

test("a small body is not stored in plain text", async () => {
  const store = openMemory();
  const { context } = await cloudOn(store, openMemoryBlobs());
  await put(context(), "a", bodyOf("a secret of somebody"));
  const rows = await store.range({ start: Buffer.alloc(0), end: Buffer.alloc(4, 0xff), limit: 1_000 });
  expect(rows.length).toBeGreaterThan(0);
  for (const { value } of rows) expect(String(value)).not.toContain("a secret of somebody");
});
