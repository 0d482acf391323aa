import { expect, test } from "vitest";
import { type FaultRule, openFaults } from "./faults.ts";

const target = { service: "sqs", operation: "SendMessage", account: "1", region: "r" };

async function struck(rules: readonly FaultRule[], calls = 40): Promise<boolean[]> {
  const failure = openFaults();
  failure.set(rules);
  const hits: boolean[] = [];
  for (let i = 0; i < calls; i++)
    hits.push(
      await Promise.resolve(failure.strike(target)).then(
        () => false,
        () => true,
      ),
    );
  return hits;
}

test("the same seed hits the same calls, another seed other calls", async () => {
  const rule: FaultRule = { probability: 0.5, seed: 7, effect: { throttle: true } };
  const first = await struck([rule]);
  expect(first).toContain(true);
  expect(first).toContain(false);
  expect(await struck([rule])).toEqual(first);
  expect(await struck([{ ...rule, seed: 8 }])).not.toEqual(first);
});

test("a call that a rule does not match does not use its random numbers", async () => {
  const failure = openFaults();
  const rule: FaultRule = { service: "sqs", probability: 0.5, seed: 7, effect: { throttle: true } };
  failure.set([rule]);
  const hits: boolean[] = [];
  for (let i = 0; i < 40; i++) {
    await failure.strike({ ...target, service: "s3" });
    hits.push(
      await Promise.resolve(failure.strike(target)).then(
        () => false,
        () => true,
      ),
    );
  }
  expect(hits).toEqual(await struck([rule]));
});

test("errors are thrown as configured; without rules there is no wait", async () => {
  const failure = openFaults();
  expect(failure.strike(target)).toBeUndefined();
  const error = { code: "KMSThrottlingException", message: "no", status: 503 };
  failure.set([{ operation: "SendMessage", probability: 1, seed: 1, effect: { error } }]);
  await expect(failure.strike(target)).rejects.toMatchObject(error);
  failure.set([{ probability: 1, seed: 1, effect: { throttle: true } }]);
  await expect(failure.strike(target)).rejects.toMatchObject({ code: "ThrottlingException", status: 400 });
  failure.set([{ region: "elsewhere", probability: 1, seed: 1, effect: { throttle: true } }]);
  await failure.strike(target);
});
