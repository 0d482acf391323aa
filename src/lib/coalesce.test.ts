import { expect, test } from "vitest";
import { coalesced } from "./coalesce.ts";

function controlled() {
  const runs: PromiseWithResolvers<void>[] = [];
  const call = coalesced(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { runs, call };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a call during a run waits for the next run, which all such calls share", async () => {
  const { runs, call } = controlled();
  const settled: string[] = [];
  const note = (name: string) => () => settled.push(name);
  call().then(note("a"));
  call().then(note("b"));
  call().then(note("c"));
  expect(runs).toHaveLength(1);
  runs[0]!.resolve();
  await turn();
  expect(settled).toEqual(["a"]);
  expect(runs).toHaveLength(2);
  runs[1]!.resolve();
  await turn();
  expect(settled).toEqual(["a", "b", "c"]);
});

test("a failure reaches only the callers that waited for that run", async () => {
  const { runs, call } = controlled();
  const first = call();
  const second = call();
  runs[0]!.reject(new Error("disk"));
  await expect(first).rejects.toThrow("disk");
  await turn();
  runs[1]!.resolve();
  await second;
  const third = call();
  expect(runs).toHaveLength(3);
  runs[2]!.resolve();
  await third;
});
