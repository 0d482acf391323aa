import { type Collection, collection, type Place } from "#kernel/collection.ts";
import { descending } from "#kernel/keys.ts";
import type { Bytes } from "#kernel/transaction.ts";

/** Milliseconds since 1970, cloud time. */
export type Time = number;

export interface Queue {
  name: string;
  /** Never used again: a queue that is made again has nothing of the old one. */
  id: number;
  isFifo: boolean;
  created: Time;
  modified: Time;
  attributes: QueueSettings;
  tags?: Record<string, string>;
  /** When it was purged last, and the number of the last message that is void since then. */
  purged?: { at: Time; through: number };
}

/** What a client can set, in AWS's own units. */
export interface QueueSettings {
  visibilityTimeout: number;
  maximumMessageSize: number;
  messageRetentionPeriod: number;
  delaySeconds: number;
  receiveMessageWaitTimeSeconds: number;
  /** Documents are kept as they were given. */
  policy?: string;
  redrivePolicy?: RedrivePolicy;
  redriveAllowPolicy?: RedriveAllowPolicy;
  contentBasedDeduplication?: boolean;
  deduplicationScope?: "queue" | "messageGroup";
  fifoThroughputLimit?: "perQueue" | "perMessageGroupId";
  sqsManagedSseEnabled: boolean;
  kmsMasterKeyId?: string;
  kmsDataKeyReusePeriodSeconds?: number;
}

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
  /** As the client wrote it. */
  text: string;
}

export interface RedriveAllowPolicy {
  redrivePermission: "allowAll" | "denyAll" | "byQueue";
  sourceQueueArns?: string[];
  text: string;
}

/** A message is written once, when it is sent. */
export interface Message {
  queue: number;
  /** Grows with every message of the account in the Region. */
  seq: number;
  id: string;
  sent: Time;
  /** The IAM id of the sender. */
  sender: string;
  /** Of the body, in hexadecimal. */
  md5: string;
  /** Bytes of body and attributes. */
  size: number;
  group?: string | undefined;
  deduplicationId?: string | undefined;
  /** For a dead letter: the queue that it came from, and how often it was received there. */
  source?: string | undefined;
  earlier?: { receives: number; firstReceived: Time | undefined } | undefined;
  /** Before then it cannot be received. In a standard queue its state says so, too. */
  notBefore?: Time | undefined;
  /** Absent where it has a row of its own. */
  content?: Content | undefined;
}

export interface Content {
  body: string;
  attributes?: Record<string, Attribute> | undefined;
  systemAttributes?: Record<string, Attribute> | undefined;
  /** The trace of the call, where the message has none of its own. */
  trace?: string | undefined;
}

export interface Attribute {
  type: string;
  text?: string;
  /** In base 64. */
  bytes?: string;
}

/**
 * The state of a message that was delayed, or received before. A message without one has been visible since it was
 * sent.
 */
export interface MessageState {
  queue: number;
  seq: number;
  visibleAt: Time;
  receives: number;
  firstReceived?: Time;
  /** When it was received last. */
  received?: Time;
  /** The number in the receipt handles of the last receive. */
  receipt: number;
  group?: string | undefined;
  /** Its content has a row of its own. */
  large?: true | undefined;
}

/** A task that moves dead letters back, or elsewhere. */
export interface MoveTask {
  /** The queue that it empties. */
  queue: number;
  source: string;
  id: string;
  started: Time;
  status: "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";
  /** Where messages go; absent, each goes back to where it came from. */
  destination?: string | undefined;
  perSecond?: number | undefined;
  moved: number;
  toMove: number;
  failure?: string | undefined;
}

/** A message of the last five minutes, by the key that a duplicate would have. */
export interface Deduplication {
  queue: number;
  key: string;
  until: Time;
  id: string;
  seq: number;
}

export const queues = collection<Queue>("sqs/queue", {
  scope: "region",
  key: (q) => [q.name],
  indexes: {
    byTarget: ({ name, attributes: { redrivePolicy } }) =>
      redrivePolicy && [redrivePolicy.deadLetterTargetArn, name],
  },
  hot: true,
});

/** Names of deleted queues, which cannot be used again before then. */
export const deletions = collection<{ name: string; until: Time }>("sqs/deletion", {
  scope: "region",
  key: (d) => [d.name],
});

export const messages: Collection<Message> = collection<Message>("sqs/message", {
  scope: "region",
  key: (m) => [m.queue, m.seq],
});

export const states: Collection<MessageState> = collection<MessageState>("sqs/state", {
  scope: "region",
  key: (s) => [s.queue, s.seq],
});

/** Contents that are too large for records that are read in pages. */
export const contents: Bytes = { name: "sqs/content", scope: "region" };

/** How many messages a queue holds, as a number of eight bytes. */
export const counts: Bytes = { name: "sqs/count", scope: "region" };

export const deduplications = collection<Deduplication>("sqs/deduplication", {
  scope: "region",
  key: (d) => [d.queue, d.key],
});

/** The newest first. */
export const moveTasks = collection<MoveTask>("sqs/move-task", {
  scope: "region",
  key: (t) => [t.queue, descending(t.started), t.id],
});

export const arnOf = ({ account, region }: Place, name: string): string =>
  `arn:aws:sqs:${region}:${account}:${name}`;

/** Messages up to here are void. */
export const voidThrough = ({ purged }: Queue): number => purged?.through ?? 0;
