import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { launch } from "../e2e/harness.ts";
import { consume, type Deliveries, openDeliveries, produce } from "./traffic.ts";

/** `NUBE_CRASH_MESSAGES=100000` searches for rare faults, for some minutes. */
const MESSAGES = Number(process.env.NUBE_CRASH_MESSAGES ?? 1_000);
const PRODUCERS = 8;
const CONSUMERS = 8;
/** A long run has longer intervals between kills, since recovery takes longer with many messages. */
const BETWEEN_KILLS_MS = Math.max(2_000, MESSAGES / 10);
const VISIBILITY_SECONDS = 2;
/** One of this many messages is left to be received again. */
const LEFT_OF = Math.max(20, Math.ceil(MESSAGES / 500));

test("a standard queue loses no message when its server is killed repeatedly", async () => {
  const deliveries = await traffic("standard", {});
  expect(deliveries.missing()).toEqual([]);
  expect(deliveries.early(VISIBILITY_SECONDS)).toEqual([]);
  expect(deliveries.afterDeletion()).toEqual([]);
}, 3_600_000);

test("a FIFO queue also keeps its order, and stores a message that is sent twice once", async () => {
  const deliveries = await traffic("line.fifo", { FifoQueue: "true" });
  expect(deliveries.missing()).toEqual([]);
  expect(deliveries.early(VISIBILITY_SECONDS)).toEqual([]);
  expect(deliveries.afterDeletion()).toEqual([]);
  expect(deliveries.doubled()).toEqual([]);
  expect(deliveries.outOfOrder()).toEqual([]);
}, 3_600_000);

/** Sends and receives all messages while the server is killed repeatedly, and returns what was received. */
async function traffic(QueueName: string, attributes: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder], onTestFinished);
  const { port, endpoint } = server;
  const client = new SQSClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    // The test itself repeats requests without a response.
    maxAttempts: 1,
  });
  const Attributes = { VisibilityTimeout: String(VISIBILITY_SECONDS), ...attributes };
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  const deliveries: Deliveries = openDeliveries();
  const isFifo = attributes.FifoQueue === "true";
  const each = Math.ceil(MESSAGES / PRODUCERS);
  let isSent = false;
  const producing = Promise.all(
    Array.from({ length: PRODUCERS }, (_, n) =>
      produce({ client, QueueUrl: QueueUrl!, group: `group-${n}`, count: each, isFifo }, deliveries),
    ),
  ).then(() => {
    isSent = true;
  });
  const consuming = Promise.all(
    Array.from({ length: CONSUMERS }, () =>
      consume({ client, QueueUrl: QueueUrl!, leaves: LEFT_OF }, deliveries),
    ),
  );
  while (!isSent) {
    await Promise.race([producing, sleep(randomInt(Math.ceil(BETWEEN_KILLS_MS)))]);
    await server.end("SIGKILL");
    server = await launch(["--data", folder, "--port", String(port)], onTestFinished);
  }
  // Deletions without a response may have happened or not, so that only the queue's attributes show when it is empty.
  await expect.poll(() => leftIn(client, QueueUrl!), { timeout: 600_000, interval: 200 }).toBe(0);
  deliveries.isOver = true;
  await consuming;
  client.destroy();
  return deliveries;
}

async function leftIn(client: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
  );
  const of = (name: string) => Number(Attributes![`ApproximateNumberOfMessages${name}` as "Policy"]);
  return of("") + of("NotVisible");
}
