import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { collection } from "./collection.ts";
import { rootOf } from "./principal.ts";
import { defineService } from "./service.ts";
import { TEST_PLACE, testCloud } from "./testing.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const names = collection<{ name: string; number: number }>("hello/name", {
  scope: "region",
  key: (row) => [row.name],
});

const ACCOUNTS = 10_000;

test("accounts that nobody uses any more take no memory, and are as they were when somebody does", async () => {
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
    await new Promise(setImmediate);
    collectGarbage();
    await new Promise(setImmediate);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const first = await write("early", "a");
  const before = await used();
  for (let i = 0; i < ACCOUNTS; i++) await inAccount(`${i}`).read((tx) => tx.get(names, ["a"]));
  expect(((await used()) - before) / ACCOUNTS).toBeLessThan(3_000);
  expect(await write("early", "b")).toBeGreaterThan(first);
  const kept = await inAccount("early").read((tx) => tx.list(names, { limit: 10 }));
  expect(kept.map(({ name }) => name)).toEqual(["a", "b"]);
  await close();
});
