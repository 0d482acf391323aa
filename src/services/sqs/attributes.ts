import type { QueueAttributeMap, QueueAttributeName } from "#aws/contract/types/sqs.ts";
import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import type { Place } from "#kernel/collection.ts";
import { fault, invalidAttributeValue, unknownAttribute } from "./errors.ts";
import { checkLimits, checkSize } from "./policy-limits.ts";
import { redriveAllowPolicy, redrivePolicy } from "./redrive-policy.ts";
import {
  arnOf,
  type Queue,
  type QueueSettings,
  type RedriveAllowPolicy,
  type RedrivePolicy,
} from "./store.ts";

/** Twelve hours: how long a message can be hidden at most. */
export const LONGEST_VISIBILITY_SECONDS = 43_200;

export const DEFAULTS: QueueSettings = {
  visibilityTimeout: 30,
  maximumMessageSize: 1_048_576,
  messageRetentionPeriod: 345_600,
  delaySeconds: 0,
  receiveMessageWaitTimeSeconds: 0,
  sqsManagedSseEnabled: true,
};
export const FIFO_DEFAULTS: QueueSettings = {
  ...DEFAULTS,
  contentBasedDeduplication: false,
  deduplicationScope: "queue",
  fifoThroughputLimit: "perQueue",
};

/** How an attribute's text is read. Where `read` answers `undefined` the attribute is removed. */
interface Setting<K extends keyof QueueSettings> {
  key: K;
  read: (text: string, name: string) => QueueSettings[K] | undefined;
  isFifoOnly?: true;
}

const setting = <K extends keyof QueueSettings>(
  key: K,
  read: Setting<K>["read"],
  isFifoOnly?: true,
): Setting<keyof QueueSettings> => ({ key, read, isFifoOnly }) as unknown as Setting<keyof QueueSettings>;

function whole(least: number, most: number) {
  return (text: string, name: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw invalidAttributeValue(name);
    return value;
  };
}

function oneOf<T extends string>(...values: T[]) {
  return (text: string, name: string): T => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw invalidAttributeValue(name, "not a supported value.");
    return found;
  };
}

function flag(text: string, name: string): boolean {
  if (!/^(?:true|false)$/i.test(text)) throw invalidAttributeValue(name);
  return text.toLowerCase() === "true";
}

const LONGEST_KEY_ID = 2_048;
/** How long a data key is used again, by default. */
const STANDARD_REUSE_SECONDS = 300;

function policy(text: string, name: string): string | undefined {
  if (text === "") return undefined;
  checkSize(text);
  try {
    parsePolicy(text, RESOURCE_POLICY);
  } catch {
    throw invalidAttributeValue(name);
  }
  checkLimits(text);
  return text;
}

function keyId(text: string, name: string): string | undefined {
  if (text.length > LONGEST_KEY_ID) throw invalidAttributeValue(name);
  return text || undefined;
}

const SETTINGS: Readonly<Record<string, Setting<keyof QueueSettings>>> = {
  DelaySeconds: setting("delaySeconds", whole(0, 900)),
  MaximumMessageSize: setting("maximumMessageSize", whole(1_024, 1_048_576)),
  MessageRetentionPeriod: setting("messageRetentionPeriod", whole(60, 1_209_600)),
  Policy: setting("policy", policy),
  ReceiveMessageWaitTimeSeconds: setting("receiveMessageWaitTimeSeconds", whole(0, 20)),
  VisibilityTimeout: setting("visibilityTimeout", whole(0, LONGEST_VISIBILITY_SECONDS)),
  RedrivePolicy: setting("redrivePolicy", redrivePolicy),
  RedriveAllowPolicy: setting("redriveAllowPolicy", redriveAllowPolicy),
  KmsMasterKeyId: setting("kmsMasterKeyId", keyId),
  KmsDataKeyReusePeriodSeconds: setting("kmsDataKeyReusePeriodSeconds", whole(60, 86_400)),
  SqsManagedSseEnabled: setting("sqsManagedSseEnabled", flag),
  ContentBasedDeduplication: setting("contentBasedDeduplication", flag, true),
  DeduplicationScope: setting("deduplicationScope", oneOf("queue", "messageGroup"), true),
  FifoThroughputLimit: setting("fifoThroughputLimit", oneOf("perQueue", "perMessageGroupId"), true),
};

/** Attributes that can only be read. */
const TOLD: Readonly<Record<string, (queue: Queue, counts: Counts, place: Place) => string | undefined>> = {
  QueueArn: ({ name }, _, place) => arnOf(place, name),
  ApproximateNumberOfMessages: (_, { visible }) => String(visible),
  ApproximateNumberOfMessagesNotVisible: (_, { notVisible }) => String(notVisible),
  ApproximateNumberOfMessagesDelayed: (_, { delayed }) => String(delayed),
  CreatedTimestamp: ({ created }) => seconds(created),
  LastModifiedTimestamp: ({ modified }) => seconds(modified),
  FifoQueue: ({ isFifo }) => (isFifo ? "true" : undefined),
};

export interface Counts {
  visible: number;
  notVisible: number;
  delayed: number;
}

const seconds = (time: number) => String(Math.floor(time / 1_000));

/**
 * The settings of a queue with the given attributes.
 * @throws {AwsError} InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue
 */
export function settingsWith(
  given: QueueAttributeMap,
  isFifo: boolean,
  settings: QueueSettings,
): QueueSettings {
  const next: Record<string, unknown> = { ...settings };
  for (const [name, text] of Object.entries(given)) {
    const found = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (!found) throw unknownAttribute(name);
    if (found.isFifoOnly && !isFifo)
      throw name === "ContentBasedDeduplication" ? unknownAttribute(name) : onlyForFifo(name);
    const value = found.read(text ?? "", name);
    if (value === undefined) delete next[found.key];
    else next[found.key] = value;
  }
  const made = next as unknown as QueueSettings;
  // A queue has one kind of encryption: the last one that was asked for.
  if (given.KmsMasterKeyId && given.SqsManagedSseEnabled === "true")
    throw fault(
      "InvalidAttributeValue",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    );
  if (given.KmsMasterKeyId) made.sqsManagedSseEnabled = false;
  if (given.SqsManagedSseEnabled === "true") delete made.kmsMasterKeyId;
  if (made.fifoThroughputLimit === "perMessageGroupId" && made.deduplicationScope !== "messageGroup")
    throw invalidAttributeValue(
      "FifoThroughputLimit",
      "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
    );
  return made;
}

const onlyForFifo = (name: string) =>
  fault("InvalidAttributeName", `You can specify the ${name} only when FifoQueue is set to true.`);

/** The first attribute that differs from what was asked for. */
export function differenceIn(
  asked: QueueAttributeMap,
  wanted: QueueSettings,
  found: QueueSettings,
): string | undefined {
  return Object.keys(asked).find((name) => {
    const key = SETTINGS[name]?.key;
    return key !== undefined && comparable(wanted[key]) !== comparable(found[key]);
  });
}

/** The order of a document's members makes no difference. */
function comparable(value: QueueSettings[keyof QueueSettings]): string {
  if (typeof value !== "object") return String(value);
  const { text: _, ...meant } = value;
  return JSON.stringify(Object.entries(meant).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** In SQS's own form: a count is a number, even if it was written as a text. */
const documentOf = ({ text: _, ...meant }: RedrivePolicy | RedriveAllowPolicy) => JSON.stringify(meant);

/** @throws {AwsError} InvalidAttributeName */
export function described(
  names: readonly string[],
  queue: Queue,
  counts: Counts,
  place: Place,
): QueueAttributeMap | undefined {
  for (const name of names) {
    if (name !== "All" && !Object.hasOwn(SETTINGS, name) && !Object.hasOwn(TOLD, name))
      throw unknownAttribute(name);
  }
  const isWanted = (name: string) => names.includes("All") || names.includes(name);
  const told: QueueAttributeMap = {};
  for (const [name, tell] of Object.entries(TOLD)) {
    const text = isWanted(name) ? tell(queue, counts, place) : undefined;
    if (text !== undefined) told[name as QueueAttributeName] = text;
  }
  const settings = queue.attributes.kmsMasterKeyId
    ? { kmsDataKeyReusePeriodSeconds: STANDARD_REUSE_SECONDS, ...queue.attributes }
    : queue.attributes;
  for (const [name, { key }] of Object.entries(SETTINGS)) {
    const value = isWanted(name) ? settings[key] : undefined;
    if (value !== undefined)
      told[name as QueueAttributeName] = typeof value === "object" ? documentOf(value) : String(value);
  }
  return Object.keys(told).length > 0 ? told : undefined;
}
