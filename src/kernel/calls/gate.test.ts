import { expect, test } from "vitest";
import { openGate } from "./gate.ts";

test("exclusive work waits for the calls in progress, and new calls wait for it", async () => {
  const gate = openGate();
  const told: string[] = [];
  const slow = Promise.withResolvers<void>();
  const inside = gate.pass(() => slow.promise.then(() => void told.push("inside")));
  const alone = gate.alone(60_000, async () => void told.push("alone"));
  const outside = gate.pass(async () => void told.push("outside"));
  await new Promise(setImmediate);
  expect(told).toEqual([]);
  slow.resolve();
  await Promise.all([inside, alone, outside]);
  expect(told).toEqual(["inside", "alone", "outside"]);
});

test("its patience is limited", async () => {
  const gate = openGate();
  const never = gate.pass(() => new Promise<void>(() => {}));
  await gate.alone(1, async () => {});
  await expect(gate.pass(async () => "in")).resolves.toBe("in");
  void never;
});

test("a failure reopens the gate", async () => {
  const gate = openGate();
  const failing = gate.alone(0, async () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  await expect(gate.pass(async () => "in")).resolves.toBe("in");
});
