import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { catalog } from "#app/catalog.ts";
import { loadContract } from "#aws/contract/contract.ts";
import { testGateway } from "#gateway/testing.ts";
import { deniedIn } from "#kernel/calls/authorize.ts";
import type { Handler, Service } from "#kernel/service.ts";
import { corruptRequest } from "./spoil.ts";

/** `NUBE_FUZZ_RUNS=100000` runs longer. `NUBE_FUZZ_SEED` repeats a run with the seed in the test's title. */
const RUNS = Number(process.env.NUBE_FUZZ_RUNS ?? 3_000);
const SEED = Number(process.env.NUBE_FUZZ_SEED ?? Date.now() % 2 ** 31);
/** The time limit for a response. A request takes milliseconds, but may take longer on a machine under load. */
const DEADLINE_MS = 10_000;
/** The time after which an incomplete request is abandoned. It determines how much is tested, not what is correct. */
const PATIENCE_MS = 15;

/** A service in which every operation exists and does nothing, to fuzz routing, decoding and encoding. */
function stubService(id: string): Service {
  const contract = loadContract(id);
  const handler: Handler = async (_ctx, input) => {
    for (const value of Object.values(input)) {
      if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) continue;
      for await (const _ of value as AsyncIterable<unknown>);
    }
    return {};
  };
  const everyOperation = contract.operationNames.map((name) => [name, handler] as const);
  return {
    id,
    scope: "region",
    store: id,
    place: (call) => call.place,
    contract,
    operations: new Map(everyOperation),
    access: new Map(contract.operationNames.map((name) => [name, () => []])),
    denied: deniedIn(undefined),
    jobs: new Map(),
    endpoints: [],
    dataOperations: new Set(),
    open: () => {},
  };
}

const STUBBED = [
  "dynamodb",
  "sqs",
  "kms",
  "logs",
  "ec2",
  "iam",
  "cloudformation",
  "lambda",
  "apigateway",
  "apigatewayv2",
  "route53",
  "cloudwatch",
  "kinesis",
  "glacier",
  "s3control",
];

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** Sends the bytes and returns what the server sends until it closes the connection or has answered once. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let seen = "";
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error("The server neither answered nor closed"));
    }, DEADLINE_MS);
    const giveUp = setTimeout(() => socket.end(), PATIENCE_MS);
    const finish = () => {
      clearTimeout(deadline);
      clearTimeout(giveUp);
      socket.destroy();
      resolve(seen);
    };
    socket.setEncoding("latin1");
    socket.on("data", (piece) => {
      seen += piece;
      seen = seen.replace(CONTINUE, "");
      if (seen.length > CONTINUE.length) finish();
    });
    socket.on("error", () => {});
    socket.on("close", finish);
    socket.write(bytes);
  });
}

test(`no request brings the server down: ${RUNS} runs, seed ${SEED}`, {
  timeout: 60_000 + RUNS * 20,
}, async () => {
  const own = await Promise.all(Object.values(catalog).map((load) => load()));
  const missing = STUBBED.filter((id) => !own.some((service) => service.id === id)).map(stubService);
  const { port, failures, send } = await testGateway({ mode: "loopback", services: [...own, ...missing] });
  await fc.assert(
    fc.asyncProperty(corruptRequest, async (bytes) => {
      const before = failures.length;
      const response = await exchange(port, bytes);
      const request = bytes.toString("latin1").slice(0, 2_000);
      expect(response, request).toMatch(/^$|^HTTP\/1\.1 ([1-4]|501)/);
      expect(failures.slice(before), request).toEqual([]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  expect((await send({ target: "/_nube/health" })).status).toBe(200);
});
