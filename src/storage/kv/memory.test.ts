import { expect, test } from "vitest";
import { openMemory } from "./memory.ts";
import { kvSuite } from "./suite.ts";

kvSuite("memory", {
  open: async (options) => openMemory(options),
  clear: async () => {},
  persists: false,
  examples: 200,
});

test("rows stay sorted after many splits of blocks, and after most rows are deleted", async () => {
  const store = openMemory();
  const lease = await store.lease("p", "me");
  const key = (i: number) => Uint8Array.of((i * 7919) >> 8, i * 7919);
  const all = Array.from({ length: 60_000 }, (_, i) => i);
  await store.commit({
    lease,
    puts: all.map((i) => ({ key: key(i), value: new Uint8Array(0) })),
    deletes: [],
  });
  await store.commit({ lease, puts: [], deletes: all.filter((i) => i % 100 !== 0).map(key) });
  const left = new Map(all.map((i) => [Buffer.from(key(i)).toString("hex"), i % 100 === 0]));
  const seen = await store.range({
    start: new Uint8Array(0),
    end: Uint8Array.of(255, 255, 255),
    limit: 1_000,
  });
  expect(seen.map((row) => Buffer.from(row.key).toString("hex"))).toEqual(
    [...left]
      .filter(([, kept]) => kept)
      .map(([hex]) => hex)
      .sort(),
  );
});
