import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

const BETWEEN_TRIES_MS = 50;
/** The most entries of a SendMessageBatch request. */
const MAX_BATCH = 10;

/** A message as seen by its consumers. */
interface Delivered {
  /** The ids under which it was received: several mean that it was stored several times. */
  ids: Set<string>;
  /** The times of the request and the response of each receive. */
  receives: { sentAt: number; answeredAt: number }[];
  /** The time of the response to its deletion. */
  deleted?: number;
}

export interface Deliveries {
  /** Records a message whose sending was acknowledged. */
  sent(body: string): void;
  received(messages: readonly Message[], sentAt: number): void;
  deleted(body: string): void;
  /** Set when all messages are sent and consumed. */
  isOver: boolean;
  missing(): string[];
  /** Messages that were received again before their visibility timeout can have ended. */
  early(seconds: number): string[];
  afterDeletion(): string[];
  doubled(): string[];
  outOfOrder(): string[];
}

export function openDeliveries(): Deliveries {
  const sent = new Set<string>();
  const met = new Map<string, Delivered>();
  /** The numbers of each group's messages, in the order of first receipt. */
  const order = new Map<string, number[]>();

  const bodiesOf = (isWanted: (delivered: Delivered) => boolean) =>
    [...met].flatMap(([body, delivered]) => (isWanted(delivered) ? body : []));

  return {
    isOver: false,
    sent: (body) => void sent.add(body),
    received(messages, sentAt) {
      for (const { Body, MessageId } of messages) {
        let delivery = met.get(Body!);
        if (!delivery) {
          met.set(Body!, (delivery = { ids: new Set(), receives: [] }));
          const [group, number] = Body!.split("/");
          const seen = order.get(group!);
          if (seen) seen.push(Number(number));
          else order.set(group!, [Number(number)]);
        }
        delivery.ids.add(MessageId!);
        delivery.receives.push({ sentAt, answeredAt: Date.now() });
      }
    },
    deleted(body) {
      met.get(body)!.deleted ??= Date.now();
    },
    missing: () => [...sent].filter((body) => !met.has(body)),
    early: (seconds) =>
      bodiesOf(({ receives, ids }) =>
        ids.size > 1
          ? false
          : receives.some(
              (receive, n) => n > 0 && receive.answeredAt < receives[n - 1]!.sentAt + seconds * 1_000,
            ),
      ),
    afterDeletion: () =>
      bodiesOf(({ receives, deleted, ids }) =>
        ids.size > 1 ? false : receives.some(({ sentAt }) => deleted !== undefined && sentAt > deleted),
      ),
    doubled: () => bodiesOf(({ ids }) => ids.size > 1),
    outOfOrder: () =>
      [...order].flatMap(([group, numbers]) =>
        numbers.every((number, n) => n === 0 || number > numbers[n - 1]!) ? [] : group,
      ),
  };
}

interface Producer {
  client: SQSClient;
  QueueUrl: string;
  group: string;
  count: number;
  isFifo: boolean;
}

interface Consumer extends Pick<Producer, "client" | "QueueUrl"> {
  read?: (body: string) => string;
  leaves?: number;
}

/**
 * Sends messages in order, alone or in batches of ten. Each request is repeated until it gets a response; for FIFO queues,
 * some are sent once more, too.
 */
export async function produce(
  { client, QueueUrl, group, count, isFifo }: Producer,
  deliveries: Deliveries,
): Promise<void> {
  for (let number = 0; number < count; ) {
    const size = Math.min(randomInt(2) === 0 ? 1 : MAX_BATCH, count - number);
    const messages = Array.from({ length: size }, (_, n) => {
      const MessageBody = `${group}/${number + n}`;
      return { MessageBody, ...(isFifo && { MessageGroupId: group, MessageDeduplicationId: MessageBody }) };
    });
    const send = () =>
      size === 1
        ? client.send(new SendMessageCommand({ QueueUrl, ...messages[0]! }))
        : sendTogether(client, QueueUrl, messages);
    await untilAnswered(send);
    if (isFifo && randomInt(10) === 0) await untilAnswered(send);
    for (const { MessageBody } of messages) deliveries.sent(MessageBody);
    number += size;
  }
}

async function sendTogether(
  client: SQSClient,
  QueueUrl: string,
  messages: readonly Omit<SendMessageBatchRequestEntry, "Id">[],
): Promise<void> {
  const Entries = messages.map((message, n) => ({ Id: String(n), ...message }));
  const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  if (Failed.length > 0) throw new Error(Failed[0]!.Message);
}

/**
 * Receives and deletes messages, except for some that are to be received again.
 * @param read extracts what was sent from a message's body
 * @param leaves one of this many messages is not deleted; in a FIFO queue, its group is blocked for the visibility timeout
 */
export async function consume(
  { client, QueueUrl, read = (body) => body, leaves = 20 }: Consumer,
  deliveries: Deliveries,
): Promise<void> {
  while (!deliveries.isOver) {
    const sentAt = Date.now();
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    const { Messages: received = [] } = await client.send(command).catch(pause);
    const Messages = received.map((message) => ({ ...message, Body: read(message.Body!) }));
    deliveries.received(Messages, sentAt);
    const toDelete = Messages.filter(() => randomInt(leaves) > 0);
    if (toDelete.length === 0) continue;
    const Entries = toDelete.map(({ ReceiptHandle }, n) => ({
      Id: String(n),
      ReceiptHandle: ReceiptHandle!,
    }));
    const deletion = new DeleteMessageBatchCommand({ QueueUrl, Entries });
    const { Successful = [] } = await client.send(deletion).catch(pause);
    for (const { Id } of Successful) deliveries.deleted(toDelete[Number(Id)]!.Body);
  }
}

async function pause(): Promise<{ Messages?: Message[]; Successful?: { Id?: string }[] }> {
  await sleep(BETWEEN_TRIES_MS);
  return {};
}

/** Repeats a request until it gets a response. @throws client errors */
export async function untilAnswered(send: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const isAnswered = await send().then(
      () => true,
      (error) => {
        if (error.$fault === "client" && error.$metadata?.httpStatusCode !== undefined) throw error;
        return false;
      },
    );
    if (isAnswered) return;
    await sleep(BETWEEN_TRIES_MS);
  }
}
