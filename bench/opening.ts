import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { encodeRecord, scopePrefix } from "#kernel/records/collection.ts";
import { eraPrefix } from "#kernel/records/era.ts";
import { encodeKey } from "#kernel/records/keys.ts";
import { counts, type Message, messages } from "#services/sqs/store.ts";
import { openEmbedded } from "#storage/kv/embedded.ts";
import { round } from "./measure.ts";
import { startNube } from "./servers.ts";

const MESSAGES = Number(process.env.NUBE_BENCH_MESSAGES ?? 10_000_000);
const PAGE = 20_000;
const WARM_MS = 3_000;
/** For this long, calls are timed while nothing is being opened: a baseline of the machine's other work. */
const USUAL_MS = 1_000;
const BODY = "twenty bytes of text";
const PLACE = { account: "000000000000", region: "us-east-1" };

/** Measures the first call on a queue of ten million messages, and how long other calls wait meanwhile. */
export async function opening(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nube-opening-"));
  let nube = await startNube(["--data", folder]);
  const QueueUrl = await make(nube.port);
  await nube.stop();
  await fill(join(folder, "store", "records.mdb"));
  nube = await startNube(["--data", folder]);
  const client = clientOf(nube.port);
  // Another queue of the same account, whose calls must not wait.
  const { QueueUrl: other } = await client.send(new CreateQueueCommand({ QueueName: "other" }));
  /** The longest duration of a call on it, until `isOver`. */
  const watch = async (isOver: () => boolean) => {
    let longest = 0;
    while (!isOver()) {
      const begin = performance.now();
      await client.send(new ReceiveMessageCommand({ QueueUrl: other }));
      longest = Math.max(longest, performance.now() - begin);
    }
    return longest;
  };
  const until = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    return () => performance.now() > end;
  };
  // Warm up first, so that only the opening is measured.
  await watch(until(WARM_MS));
  const usual = await watch(until(USUAL_MS));
  let isOpen = false;
  const watching = watch(() => isOpen);
  const begin = performance.now();
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const first = performance.now() - begin;
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  isOpen = true;
  const longest = await watching;
  const { anonymous, resident } = nube.memory();
  console.table({
    [`${MESSAGES} messages`]: {
      received: Messages?.length,
      counted: Attributes?.ApproximateNumberOfMessages,
      "first receive ms": round(first),
      "longest other call ms": round(longest),
      "longest without ms": round(usual),
      "anonymous MB": round(anonymous / 2 ** 20),
      "resident MB": round(resident / 2 ** 20),
    },
  });
  client.destroy();
  await nube.stop();
  await rm(folder, { recursive: true, force: true });
}

const clientOf = (port: number) =>
  new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: PLACE.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });

async function make(port: number): Promise<string> {
  const client = clientOf(port);
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "long" }));
  client.destroy();
  return QueueUrl!;
}

/** Writes the messages' rows as the service would, directly into the store. */
async function fill(path: string): Promise<void> {
  const store = await openEmbedded({ path });
  const lease = await store.lease("bench", "bench");
  const era = eraPrefix(1);
  const registry = encodeKey(era, ["kernel/partition", `sqs/${PLACE.account}/${PLACE.region}`]);
  const registration = JSON.parse(Buffer.from((await store.get(registry))!).toString());
  const prefixOf = (name: string) => scopePrefix(era, name, "region", PLACE);
  // The queue has the first number that the store gave.
  const queue = 0;
  const last = registration.sequence + MESSAGES;
  const sent = Date.now();
  const template: Message = {
    queue,
    seq: 0,
    id: "01234567-89ab-4cde-8f01-23456789abcd",
    sent,
    sender: PLACE.account,
    md5: hash("md5", BODY),
    size: 20,
    content: { body: BODY },
  };
  for (let seq = registration.sequence; seq < last; ) {
    const puts = [];
    for (const end = Math.min(seq + PAGE, last); seq < end; seq++)
      puts.push({
        key: encodeKey(prefixOf(messages.name), [queue, seq]),
        value: encodeRecord(messages, { ...template, seq }),
      });
    await store.commit({ lease, puts, deletes: [] });
  }
  const count = Buffer.alloc(8);
  count.writeDoubleBE(MESSAGES);
  const value = Buffer.from(JSON.stringify({ ...registration, sequence: last }));
  await store.commit({
    lease,
    puts: [
      { key: registry, value },
      { key: encodeKey(prefixOf(counts.name), [queue]), value: count },
    ],
    deletes: [],
  });
  await store.close();
}
