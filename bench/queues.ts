import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Conversation, conversation, httpAnswer } from "./conversation.ts";
import { round } from "./measure.ts";
import { jsonCall } from "./requests.ts";
import { freePort, type Server, serverOf, startNube } from "./servers.ts";

const REDIS = "/usr/bin/redis-server";
const ROUNDS = 3;
const SECONDS = 2;
/** Rounds that are not measured, until V8 has compiled the hot code. */
const WARMING = 2;
const BODY = "x".repeat(100);

/** Messages through SQS beside lists in Redis, with the same work: a message is added, moved to a worker, and removed. */
export async function queues(): Promise<void> {
  const nube = await startNube();
  const redis = await startRedis("always");
  const lax = await startRedis("everysec");
  const rows: Record<string, object> = {};
  for (const connections of [1, 16, 64]) {
    const send = await best(nube, connections, (n) => sender(nube, n));
    const cycle = await best(nube, connections, (n) => cycler(nube, n));
    const [durable, loose] = [
      await best(redis, connections, lister(redis)),
      await best(lax, connections, lister(lax)),
    ];
    rows[`SendMessage, ${connections} clients`] = row(send, "each answer after fdatasync");
    rows[`send+receive+delete, ${connections} clients`] = {
      ...row(cycle, "each answer after fdatasync"),
      "of redis": round(cycle.perSecond / durable.perSecond, 2),
      "of redis, everysec": round(cycle.perSecond / loose.perSecond, 2),
    };
    rows[`redis LPUSH+LMOVE+LREM, ${connections} clients`] = row(durable, "appendfsync always");
    rows[`redis everysec, ${connections} clients`] = row(loose, "may lose a second");
  }
  console.table(rows);
  await idlePolls(nube);
  for (const server of [nube, redis, lax]) await server.stop();
}

interface Result {
  perSecond: number;
  cpu: number;
}

const row = ({ perSecond, cpu }: Result, durability: string) => ({
  "per second": round(perSecond),
  "server µs": round(cpu),
  durability,
});

/** The median of several rounds, each the number of cycles that all clients completed together. */
async function best(
  server: Server,
  connections: number,
  worker: (n: number) => Promise<{ work: () => Promise<void>; close: () => void }>,
): Promise<Result> {
  const workers = await Promise.all(Array.from({ length: connections }, (_, n) => worker(n)));
  const rounds: Result[] = [];
  for (let n = -WARMING; n < ROUNDS; n++) {
    const [begin, cpu] = [performance.now(), server.cpu()];
    const end = begin + SECONDS * 1_000;
    let done = 0;
    const run = async ({ work }: { work: () => Promise<void> }) => {
      for (; performance.now() < end; done++) await work();
    };
    await Promise.all(workers.map(run));
    const seconds = (performance.now() - begin) / 1_000;
    if (n < 0) continue;
    rounds.push({ perSecond: done / seconds, cpu: ((server.cpu() - cpu) * 1_000) / done });
  }
  for (const { close } of workers) close();
  return rounds.sort((a, b) => a.perSecond - b.perSecond)[ROUNDS >> 1]!;
}

const call = (port: number, operation: string, input: object) =>
  jsonCall(port, "sqs", `AmazonSQS.${operation}`, input);

async function queueFor(http: Conversation, port: number, name: string): Promise<string> {
  return JSON.parse(await http.ask(call(port, "CreateQueue", { QueueName: name }))).QueueUrl;
}

async function sender({ port }: Server, n: number) {
  const http = await conversation(port, httpAnswer);
  const QueueUrl = await queueFor(http, port, `sent-${n % 4}`);
  const work = async () => void (await http.ask(call(port, "SendMessage", { QueueUrl, MessageBody: BODY })));
  return { work, close: http.close };
}

async function cycler({ port }: Server, n: number) {
  const http = await conversation(port, httpAnswer);
  const QueueUrl = await queueFor(http, port, `cycle-${n % 4}`);
  const work = async () => {
    await http.ask(call(port, "SendMessage", { QueueUrl, MessageBody: BODY }));
    const { Messages } = JSON.parse(await http.ask(call(port, "ReceiveMessage", { QueueUrl })));
    const { ReceiptHandle } = Messages[0];
    await http.ask(call(port, "DeleteMessage", { QueueUrl, ReceiptHandle }));
  };
  return { work, close: http.close };
}

const lister =
  ({ port }: Server) =>
  async (n: number) => {
    const redis = await conversation(port, redisAnswer);
    const [queue, working] = [`queue-${n % 4}`, `working-${n % 4}`];
    const body = `${BODY}${n}`;
    const work = async () => {
      await redis.ask(command("LPUSH", queue, body));
      const moved = (await redis.ask(command("LMOVE", queue, working, "RIGHT", "LEFT"))).split("\r\n")[1]!;
      await redis.ask(command("LREM", working, "1", moved));
    };
    return { work, close: redis.close };
  };

const command = (...words: string[]) =>
  Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`);

function redisAnswer(bytes: Buffer): string | undefined {
  const line = bytes.indexOf("\r\n");
  if (line < 0) return undefined;
  const length = bytes[0] === 0x24 ? Number(bytes.toString("latin1", 1, line)) : -1;
  if (length < 0) return bytes.toString("latin1", 0, line);
  return bytes.length >= line + 4 + length ? bytes.toString("latin1") : undefined;
}

/** The cost of a thousand clients that wait for a message. */
async function idlePolls(nube: Server): Promise<void> {
  const { port } = nube;
  const polls = await Promise.all(Array.from({ length: 1_000 }, () => conversation(port, httpAnswer)));
  const QueueUrl = await queueFor(polls[0]!, port, "idle");
  const answers = polls.map((poll) =>
    poll.ask(call(port, "ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 })).catch(() => {}),
  );
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const [begin, cpu] = [performance.now(), nube.cpu()];
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const share = ((nube.cpu() - cpu) / (performance.now() - begin)) * 100;
  console.log(`1,000 long polls that wait: ${round(share, 2)} % of a core`);
  await Promise.all(answers);
  for (const poll of polls) poll.close();
}

async function startRedis(appendfsync: "always" | "everysec"): Promise<Server> {
  if (!existsSync(REDIS)) throw new Error("the benches compare with Redis: apt-get install redis-server");
  const folder = await mkdtemp(join(tmpdir(), "redis-bench-"));
  const port = await freePort();
  const flags = ["--port", String(port), "--dir", folder, "--save", "", "--appendonly", "yes"];
  const child: ChildProcess = spawn(REDIS, [...flags, "--appendfsync", appendfsync], { stdio: "ignore" });
  for (;;) {
    const isThere = await conversation(port, redisAnswer).then(
      (probe) => {
        probe.close();
        return true;
      },
      () => false,
    );
    if (isThere) return serverOf(`redis ${appendfsync}`, child, port, folder);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
