import { collection } from "#kernel/records/collection.ts";
import type { Bytes } from "#kernel/records/transaction.ts";

/** Milliseconds since 1970, cloud time. */
export type Time = number;

export interface Topic {
  name: string;
  /** Unique: a topic with the name of a deleted one shares no rows with it. */
  id: number;
  isFifo: boolean;
  created: Time;
  /** Only attributes that were set, as they were given. */
  attributes: Record<string, string>;
  tags?: Tag[];
  /** The number of deleted subscriptions. */
  deleted: number;
}

export interface Tag {
  Key: string;
  Value: string;
}

export interface Subscription {
  /** The topic's number and name. */
  topic: number;
  topicName: string;
  id: string;
  protocol: Protocol;
  endpoint: string;
  /** The account that subscribed. */
  owner: string;
  /** The ARN of who subscribed. */
  principal: string;
  confirmed: boolean;
  /** Whether it was confirmed by a signed call. */
  authenticated: boolean;
  /** Whether only a signed call can end it. */
  guarded?: boolean;
  /** Confirms the subscription. It is kept afterwards, since it may be used again. */
  token: string;
  created: Time;
  /** The address at which its subscriber called this cloud. */
  origin: string;
  attributes: Record<string, string>;
  replay?: { status: "Pending" | "In progress" | "Completed"; until?: Time };
}

export const PROTOCOLS = [
  "http",
  "https",
  "email",
  "email-json",
  "sms",
  "sqs",
  "application",
  "lambda",
  "firehose",
] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface MessageAttribute {
  type: string;
  text?: string;
  /** Base64. */
  bytes?: string;
}

/** A message as it goes to every subscription. */
export type Message = MessageHead & MessageContent;

/** A message in a row: only the head of a large one, whose content is stored once. */
export type StoredMessage = MessageHead & Partial<MessageContent>;

export interface MessageContent {
  /** By protocol; `default` for all others. */
  bodies: Record<string, string>;
  attributes?: Record<string, MessageAttribute>;
}

export interface MessageHead {
  id: string;
  topicArn: string;
  time: Time;
  subject?: string;
  group?: string;
  deduplicationId?: string;
  sequence?: string;
  replayed?: true;
}

/** The contents of large messages in JSON, each in pieces under the message's id. */
export const contents: Bytes = { name: "sns/content", scope: "region" };

/** A delivery or an archive that still needs the content of a large message. */
export interface Hold {
  message: string;
  holder: number;
}

export const holds = collection<Hold>("sns/hold", { scope: "region", key: (h) => [h.message, h.holder] });

export const topics = collection<Topic>("sns/topic", { scope: "region", key: (t) => [t.name] });

export const subscriptions = collection<Subscription>("sns/subscription", {
  scope: "region",
  key: (s) => [s.topic, s.id],
  indexes: {
    token: (s) => [s.token],
    endpoint: (s) => [s.topic, s.protocol, s.endpoint, s.id],
    all: (s) => [s.topicName, s.id],
    filtered: (s) => (s.attributes.FilterPolicy ? [s.topic, s.id] : undefined),
  },
});

/** HTTP subscriptions that have ended, by the tokens that restore them. */
export const ended = collection<Subscription & { endedAt: Time }>("sns/ended", {
  scope: "region",
  key: (s) => [s.token],
});

/** What was published to a FIFO topic within the last five minutes. */
export interface Published {
  topic: number;
  deduplicationId: string;
  messageId: string;
  sequence: string;
  until: Time;
}

export const published = collection<Published>("sns/published", {
  scope: "region",
  key: (p) => [p.topic, p.deduplicationId],
  indexes: { until: (p) => [p.until, p.topic, p.deduplicationId] },
});

/** A message of a group that waits to be delivered to a subscription of a FIFO topic. */
export interface Waiting {
  topic: number;
  subscription: string;
  group: string;
  order: number;
  message: StoredMessage;
  attempt: number;
}

export const waiting = collection<Waiting>("sns/waiting", {
  scope: "region",
  key: (w) => [w.topic, w.subscription, w.group, w.order],
});

/** A message in the archive of a FIFO topic. */
export interface Archived {
  topic: number;
  time: Time;
  order: number;
  message: StoredMessage;
}

export const archive = collection<Archived>("sns/archive", {
  scope: "region",
  key: (a) => [a.topic, a.time, a.order],
});

export interface Application {
  platform: string;
  name: string;
  created: Time;
  attributes: Record<string, string>;
}

export const applications = collection<Application>("sns/application", {
  scope: "region",
  key: (a) => [a.platform, a.name],
});

export interface PlatformEndpoint {
  platform: string;
  application: string;
  id: string;
  token: string;
  created: Time;
  attributes: Record<string, string>;
}

export const endpoints = collection<PlatformEndpoint>("sns/endpoint", {
  scope: "region",
  key: (e) => [e.platform, e.application, e.id],
  indexes: { token: (e) => [e.platform, e.application, e.token] },
});

export const optedOut = collection<{ number: string; since: Time }>("sns/opted-out", {
  scope: "region",
  key: (o) => [o.number],
});

export const smsSettings = collection<{ attributes: Record<string, string> }>("sns/sms", {
  scope: "region",
  key: () => [],
});

export interface SandboxNumber {
  number: string;
  verified: boolean;
  code: string;
}

export const sandboxNumbers = collection<SandboxNumber>("sns/sandbox-number", {
  scope: "region",
  key: (n) => [n.number],
});
