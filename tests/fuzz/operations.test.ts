import { expect, test } from "vitest";
import { catalog } from "#app/catalog.ts";
import type { Member, Shape } from "#aws/contract/shapes.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, testCloud } from "#kernel/testing.ts";
import { jsonLog } from "#lib/log.ts";
import { type Random, random } from "#lib/random.ts";

/** Strings that are meaningful to some service, or likely to cause errors. */
const TEXTS = [
  "",
  "test",
  "test.fifo",
  "x".repeat(300),
  "\u0000",
  "😀",
  "%00",
  "../..",
  "__proto__",
  "constructor",
  "-1",
  "1",
  "{}",
  "[]",
  "null",
  '{"a":[1]}',
  "2026-01-01T00:00:00Z",
  "http://localhost/000000000000/test",
  "rate(5 minutes)",
  "#a",
  ":v",
  "a = :v",
  "SET a = :v",
  "shardId-000000000000",
  ...["sqs:us-east-1:000000000000:test", "sns:us-east-1:000000000000:test", "s3:::test"].map(
    (end) => `arn:aws:${end}`,
  ),
  "arn:aws:events:us-east-1:000000000000:event-bus/default",
  "arn:aws:dynamodb:us-east-1:000000000000:table/test",
  "arn:aws:kinesis:us-east-1:000000000000:stream/test",
  "arn:aws:iam::000000000000:role/test",
];
const NUMBERS = [0, 1, -1, 5, 60, 100, 300, 1_000, 2 ** 31 - 1];
const TIMES = [0, 1e12, 1.8e12, -1e12].map((time) => new Date(time));
const MAX_DEPTH = 6;

/** Whether the router or the decoder requires the member. */
const isAlwaysPresent = ({ location, required, name }: Member) =>
  required && (location === "uri" || name === "CopySource");

/** Returns a random input of the given shape. Most values are wrong, and a required member is rarely missing. */
function inputOf(shape: Shape, chance: Random, depth = 0): unknown {
  const pick = <T>(choices: readonly T[]): T => choices[chance.below(choices.length)]!;
  if (depth > MAX_DEPTH) return undefined;
  switch (shape.kind) {
    case "structure": {
      const input: Record<string, unknown> = {};
      for (const member of shape.members) {
        const isPresent =
          isAlwaysPresent(member) ||
          (member === shape.payload && member.required) ||
          chance.fraction() < (member.required ? 0.97 : 0.35);
        const value = isPresent ? inputOf(member.shape, chance, depth + 1) : undefined;
        if (value !== undefined) input[member.name] = value;
      }
      return input;
    }
    case "list":
      return Array.from({ length: chance.below(4) }, () => inputOf(shape.member, chance, depth + 1)).filter(
        (value) => value !== undefined,
      );
    case "map":
      return Object.fromEntries(
        Array.from({ length: chance.below(3) }, () => [pick(TEXTS), inputOf(shape.value, chance, depth + 1)]),
      );
    case "document":
      return {};
    default:
      if (shape.enum && chance.fraction() < 0.8) return pick(shape.enum);
      if (shape.type === "boolean") return chance.below(2) === 0;
      if (shape.type === "timestamp") return pick(TIMES);
      if (shape.type === "blob") return Buffer.from(pick(TEXTS));
      return shape.type === "string" ? pick(TEXTS) : pick(NUMBERS);
  }
}

const ROUNDS = 100;

test("no operation has an internal error, whatever its input", { timeout: 120_000 }, async () => {
  const failures: string[] = [];
  const services = await Promise.all(Object.values(catalog).map((load) => load()));
  const { cloud, close } = await testCloud(services, {
    log: jsonLog("error", (line) => failures.push(line)),
  });
  const chance = random(7);
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const service of services) {
      for (const name of service.operations.keys()) {
        const operation = service.contract.operation(name)!;
        const input = inputOf(operation.input, chance) as object;
        const call = {
          service,
          operation,
          input,
          principal: rootOf(TEST_PLACE.account),
          place: TEST_PLACE,
          requestId: "r",
        };
        const output = await cloud.invoke(call).catch(() => undefined);
        if (output) answered++;
        for (const value of Object.values(output ?? {})) {
          if (typeof value?.[Symbol.asyncIterator] === "function")
            await value[Symbol.asyncIterator]().return?.();
        }
      }
    }
  }
  await close();
  expect(failures).toEqual([]);
  // Some inputs must be valid, or the test covers nothing beyond validation.
  expect(answered).toBeGreaterThan(100);
});
