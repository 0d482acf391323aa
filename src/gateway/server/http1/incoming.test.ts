import { expect, test } from "vitest";
import { incoming } from "./incoming.ts";

const turn = () => new Promise(setImmediate);

test("requests that arrive in one turn are started together at its end, each up to its first wait", async () => {
  const log: string[] = [];
  const come = incoming();
  for (const name of ["a", "b"]) {
    come.add({
      async read() {
        log.push(`${name} begins`);
        await undefined;
        log.push(`${name} goes on`);
      },
    });
  }
  await Promise.resolve();
  expect(log).toEqual([]);
  await turn();
  expect(log).toEqual(["a begins", "b begins", "a goes on", "b goes on"]);
});

test("if very many arrive, some start a turn later, in order", async () => {
  const begun: number[] = [];
  const come = incoming();
  for (let n = 0; n < 70; n++) come.add({ read: () => void begun.push(n) });
  await turn();
  expect(begun).toHaveLength(32);
  await turn();
  await turn();
  expect(begun).toEqual(Array.from({ length: 70 }, (_, n) => n));
});
