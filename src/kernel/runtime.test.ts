import { expect, onTestFinished, test } from "vitest";
import { silentLog } from "#lib/log.ts";
import { openMemoryBlobs } from "#storage/blobs/memory.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { type Catalog, openCloud } from "./runtime.ts";
import { defineService } from "./service.ts";
import { TEST_MASTERS } from "./testing.ts";
import { testDisk } from "./testing-disk.ts";

async function cloudWith(catalog: Catalog, store = openMemory()) {
  const cloud = await openCloud({
    catalog,
    store,
    openBlobs: async () => openMemoryBlobs(),
    masterKeys: TEST_MASTERS,
    log: silentLog,
  });
  onTestFinished(cloud.close);
  return cloud;
}

test("a service that could not be loaded is loaded at the next call", async () => {
  let loads = 0;
  const { service } = await cloudWith({
    async hello() {
      if (++loads === 1) throw new Error("EMFILE");
      return defineService({ id: "hello", operations: [], access: {} });
    },
  });
  await expect(service("hello")).rejects.toThrow("EMFILE");
  expect((await service("hello"))?.id).toBe("hello");
  expect(loads).toBe(2);
});

test("a signing key that could not be stored is created at the next call", async () => {
  const disk = testDisk();
  const cloud = await cloudWith({}, disk.store);
  disk.break();
  await expect(cloud.notary()).rejects.toThrow();
  disk.mend();
  const { id } = await cloud.notary();
  expect((await cloud.notary()).id).toBe(id);
});
