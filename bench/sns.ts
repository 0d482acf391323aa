import { type Conversation, conversation, httpAnswer } from "./conversation.ts";
import { round } from "./measure.ts";
import { jsonCall, signed } from "./requests.ts";
import { type Server, startNube } from "./servers.ts";

const QUEUES = 10;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 300);
const WARM_ROUNDS = 50;

/** The time from publishing a message until the last of ten queues has delivered it to a waiting client. */
export async function sns(): Promise<void> {
  const nube = await startNube();
  const publisher = await conversation(nube.port, httpAnswer);
  const topic = member(await publisher.ask(query(nube, "CreateTopic", { Name: "news" })), "TopicArn");
  const receivers = await Promise.all(Array.from({ length: QUEUES }, (_, n) => receiver(nube, topic, n)));
  const times: number[] = [];
  let cpu = nube.cpu();
  for (let n = 0; n < WARM_ROUNDS + ROUNDS; n++) {
    if (n === WARM_ROUNDS) cpu = nube.cpu();
    const waiting = receivers.map((receive) => receive());
    const begin = performance.now();
    const published = publisher.ask(query(nube, "Publish", { TopicArn: topic, Message: `message ${n}` }));
    const deletions = await Promise.all(waiting);
    if (n >= WARM_ROUNDS) times.push(performance.now() - begin);
    await published;
    for (const remove of deletions) await remove();
  }
  cpu = (nube.cpu() - cpu) / ROUNDS;
  times.sort((a, b) => a - b);
  const at = (share: number) => round(times[Math.floor(times.length * share)]!, 1);
  console.table({
    [`publish to ${QUEUES} queues, end to end`]: {
      "p50 ms": at(0.5),
      "p90 ms": at(0.9),
      "p99 ms": at(0.99),
      "CPU ms, receiving and deleting included": round(cpu, 1),
      bar: "p50 ≤ 10 ms",
    },
  });
  publisher.close();
  await nube.stop();
}

/** A subscribed queue, and a client that waits for its messages and deletes each one. */
async function receiver(
  nube: Server,
  TopicArn: string,
  n: number,
): Promise<() => Promise<() => Promise<void>>> {
  const http = await conversation(nube.port, httpAnswer);
  const { QueueUrl } = await json(http, nube, "CreateQueue", { QueueName: `news-${n}` });
  const { Attributes } = await json(http, nube, "GetQueueAttributes", {
    QueueUrl,
    AttributeNames: ["QueueArn"],
  });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: Attributes.QueueArn,
      },
    ],
  });
  await json(http, nube, "SetQueueAttributes", { QueueUrl, Attributes: { Policy } });
  await http.ask(query(nube, "Subscribe", { TopicArn, Protocol: "sqs", Endpoint: Attributes.QueueArn }));
  return async () => {
    const { Messages } = await json(http, nube, "ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
    const { ReceiptHandle } = Messages[0];
    return async () => void (await json(http, nube, "DeleteMessage", { QueueUrl, ReceiptHandle }));
  };
}

async function json(http: Conversation, { port }: Server, operation: string, input: object) {
  const answer = await http.ask(jsonCall(port, "sqs", `AmazonSQS.${operation}`, input));
  return answer === "" ? {} : JSON.parse(answer);
}

function query({ port }: Server, Action: string, input: Record<string, string>): Buffer {
  return signed({
    port,
    method: "POST",
    path: "/",
    service: "sns",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(new URLSearchParams({ Action, Version: "2010-03-31", ...input }).toString()),
  });
}

const member = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)<`).exec(xml)![1]!;
