import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { rootOf } from "../calls/principal.ts";
import { defineService } from "../service.ts";
import { TEST_PLACE, testCloud } from "../testing.ts";
import { collection } from "./collection.ts";

vi.setConfig({ testTimeout: 30_000 });
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const names = collection<{ name: string; number: number }>("hello/name", {
  scope: "region",
  key: (row) => [row.name],
});

const ACCOUNTS = 10_000;

/** The first round fills the cache of recently used accounts; homes of later rounds must not be retained. */
test("unused accounts take no memory, and are unchanged when they are used again", async () => {
  const service = defineService({ id: "hello", access: {}, operations: [] });
  const { cloud, close } = await testCloud([service]);
  const inAccount = (account: string) =>
    cloud.context({ service, principal: rootOf(account), place: { ...TEST_PLACE, account }, requestId: "r" });
  const write = (account: string, name: string) =>
    inAccount(account).transact((tx) => {
      const number = tx.sequence();
      tx.put(names, { name, number });
      return number;
    });
  const used = async () => {
    for (let turn = 0; turn < 4; turn++) {
      await new Promise(setImmediate);
      collectGarbage();
    }
    return process.memoryUsage().heapUsed;
  };
  const visit = async (round: number) => {
    for (let i = 0; i < ACCOUNTS; i++) await inAccount(`${round}-${i}`).read((tx) => tx.get(names, ["a"]));
  };
  const first = await write("early", "a");
  await visit(1);
  const before = await used();
  for (const round of [2, 3, 4]) await visit(round);
  expect(((await used()) - before) / (3 * ACCOUNTS)).toBeLessThan(50);
  expect(await write("early", "b")).toBeGreaterThan(first);
  const kept = await inAccount("early").read((tx) => tx.list(names, { limit: 10 }));
  expect(kept.map(({ name }) => name)).toEqual(["a", "b"]);
  await close();
});
