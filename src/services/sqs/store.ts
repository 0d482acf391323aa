import { type Collection, collection, type Place } from "#kernel/records/collection.ts";
import { descending } from "#kernel/records/keys.ts";
import type { Bytes } from "#kernel/records/transaction.ts";

/** Milliseconds since 1970, cloud time. */
export type Time = number;

export interface Queue {
  name: string;
  /** Unique: a queue with the name of a deleted one shares no rows with it. */
  id: number;
  isFifo: boolean;
  created: Time;
  modified: Time;
  attributes: QueueSettings;
  tags?: Record<string, string>;
  /** The last purge: its time, and the number of the last message that it removed. */
  purged?: { at: Time; through: number };
}

/** The settings of a queue, in AWS's units. */
export interface QueueSettings {
  visibilityTimeout: number;
  maximumMessageSize: number;
  messageRetentionPeriod: number;
  delaySeconds: number;
  receiveMessageWaitTimeSeconds: number;
  /** The policy's text as the client wrote it. */
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
  /** Increases with every message of the account in the Region. */
  seq: number;
  id: string;
  sent: Time;
  /** The IAM id of the sender. */
  sender: string;
  /** The MD5 of the body, in hexadecimal. */
  md5: string;
  /** Bytes of body and attributes. */
  size: number;
  group?: string | undefined;
  deduplicationId?: string | undefined;
  /** For a dead letter: its source queue, and how often it was received there. */
  source?: string | undefined;
  earlier?: { receives: number; firstReceived: Time | undefined } | undefined;
  /** The message is delayed until this time. In a standard queue, its state says so, too. */
  notBefore?: Time | undefined;
  /** Absent if the content is in a row of its own. */
  content?: Content | undefined;
}

export interface Content {
  body: string;
  attributes?: Record<string, Attribute> | undefined;
  systemAttributes?: Record<string, Attribute> | undefined;
  /** The call's trace header, if the message has none of its own. */
  trace?: string | undefined;
}

export interface Attribute {
  type: string;
  text?: string;
  /** Base64. */
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
  /** The time of the last receive. */
  received?: Time;
  /** The number in the receipt handles of the last receive. */
  receipt: number;
  group?: string | undefined;
  /** Whether its content is in a row of its own. */
  large?: true | undefined;
}

/** A task that moves dead letters to their source or to another queue. */
export interface MoveTask {
  /** The queue whose messages it moves. */
  queue: number;
  source: string;
  id: string;
  started: Time;
  status: "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";
  /** The destination; by default, each message returns to its source. */
  destination?: string | undefined;
  perSecond?: number | undefined;
  moved: number;
  toMove: number;
  failure?: string | undefined;
}

/** A message of the last five minutes, by its deduplication key. */
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

/** Names of deleted queues, which cannot be reused until then. */
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

/** The number of messages of a queue, in eight bytes. */
export const counts: Bytes = { name: "sqs/count", scope: "region" };

export const deduplications = collection<Deduplication>("sqs/deduplication", {
  scope: "region",
  key: (d) => [d.queue, d.key],
});

/** Move tasks, newest first. */
export const moveTasks = collection<MoveTask>("sqs/move-task", {
  scope: "region",
  key: (t) => [t.queue, descending(t.started), t.id],
});

export const arnOf = ({ account, region }: Place, name: string): string =>
  `arn:aws:sqs:${region}:${account}:${name}`;

/** The number of the last message that a purge removed. */
export const voidThrough = ({ purged }: Queue): number => purged?.through ?? 0;
