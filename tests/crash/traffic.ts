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
/** Entries of one SendMessageBatch. */
const MAX_BATCH = 10;

/** A message as its consumers have met it. */
interface Delivered {
  /** Ids under which it came: more than one means that it was stored more than once. */
  ids: Set<string>;
  /** When each receive was asked for, and answered. */
  receives: { sentAt: number; answeredAt: number }[];
  /** When its deletion was answered. */
  deleted?: number;
}

export interface Deliveries {
  /** It has been sent, surely. */
  sent(body: string): void;
  received(messages: readonly Message[], sentAt: number): void;
  deleted(body: string): void;
  /** Nothing more is to come. */
  isOver: boolean;
  missing(): string[];
  /** Received again before their visibility can have ended. */
  early(seconds: number): string[];
  afterDeletion(): string[];
  doubled(): string[];
  outOfOrder(): string[];
}

export function openDeliveries(): Deliveries {
  const sent = new Set<string>();
  const met = new Map<string, Delivered>();
  /** In the order in which each was received for the first time, by group. */
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

/** Sends its messages in order, one alone or ten together, each until it is answered, and now and then once more than needed. */
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
 * Receives and deletes; some it leaves to be received again.
 * @param read what was sent, out of a message's body
 * @param leaves of so many messages one, for whose visibility all others of a FIFO queue's group wait
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

/** Again and again until there is an answer. @throws what is the sender's own fault */
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
