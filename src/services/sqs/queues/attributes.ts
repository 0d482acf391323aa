import type { QueueAttributeMap } from "#aws/contract/types/sqs.ts";
import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import type { Place } from "#kernel/records/collection.ts";
import { compactJson } from "#lib/compact-json.ts";
import { fault, invalidAttributeValue, unknownAttribute } from "../errors.ts";
import {
  arnOf,
  type Queue,
  type QueueSettings,
  type RedriveAllowPolicy,
  type RedrivePolicy,
} from "../store.ts";
import { checkLimits, checkSize } from "./policy-limits.ts";
import { redriveAllowPolicy, redrivePolicy } from "./redrive-policy.ts";

/** Twelve hours: how long a message can be hidden at most. */
export const MAX_VISIBILITY_SECONDS = 43_200;

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

/** How an attribute's text is parsed. If `read` returns `undefined`, the attribute is removed. */
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
    const value = values.find((one) => one === text);
    if (value === undefined) throw invalidAttributeValue(name, "not a supported value.");
    return value;
  };
}

function flag(text: string, name: string): boolean {
  if (!/^(?:true|false)$/i.test(text)) throw invalidAttributeValue(name);
  return text.toLowerCase() === "true";
}

const MAX_KEY_ID_LENGTH = 2_048;
/** The default reuse period of a data key. */
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
  if (text.length > MAX_KEY_ID_LENGTH) throw invalidAttributeValue(name);
  return text || undefined;
}

const SETTINGS: Readonly<Record<string, Setting<keyof QueueSettings>>> = {
  DelaySeconds: setting("delaySeconds", whole(0, 900)),
  MaximumMessageSize: setting("maximumMessageSize", whole(1_024, 1_048_576)),
  MessageRetentionPeriod: setting("messageRetentionPeriod", whole(60, 1_209_600)),
  Policy: setting("policy", policy),
  ReceiveMessageWaitTimeSeconds: setting("receiveMessageWaitTimeSeconds", whole(0, 20)),
  VisibilityTimeout: setting("visibilityTimeout", whole(0, MAX_VISIBILITY_SECONDS)),
  RedrivePolicy: setting("redrivePolicy", redrivePolicy),
  RedriveAllowPolicy: setting("redriveAllowPolicy", redriveAllowPolicy),
  KmsMasterKeyId: setting("kmsMasterKeyId", keyId),
  KmsDataKeyReusePeriodSeconds: setting("kmsDataKeyReusePeriodSeconds", whole(60, 86_400)),
  SqsManagedSseEnabled: setting("sqsManagedSseEnabled", flag),
  ContentBasedDeduplication: setting("contentBasedDeduplication", flag, true),
  DeduplicationScope: setting("deduplicationScope", oneOf("queue", "messageGroup"), true),
  FifoThroughputLimit: setting("fifoThroughputLimit", oneOf("perQueue", "perMessageGroupId"), true),
};

const READ_ONLY: Readonly<
  Record<string, (queue: Queue, counts: Counts, place: Place) => string | undefined>
> = {
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
  attributes: QueueAttributeMap,
  isFifo: boolean,
  former: QueueSettings,
): QueueSettings {
  const values: Record<string, unknown> = { ...former };
  for (const [name, text] of Object.entries(attributes)) {
    const { key, read } = settingNamed(name, isFifo);
    const value = read(text ?? "", name);
    if (value === undefined) delete values[key];
    else values[key] = value;
  }
  const settings = values as unknown as QueueSettings;
  keepOneEncryption(settings, attributes);
  checkThroughput(settings);
  return settings;
}

function settingNamed(name: string, isFifo: boolean): Setting<keyof QueueSettings> {
  const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
  if (!setting) throw unknownAttribute(name);
  if (!setting.isFifoOnly || isFifo) return setting;
  throw name === "ContentBasedDeduplication" ? unknownAttribute(name) : onlyForFifo(name);
}

/** A queue has one kind of encryption: the one that was set last. */
function keepOneEncryption(
  settings: QueueSettings,
  { KmsMasterKeyId, SqsManagedSseEnabled }: QueueAttributeMap,
): void {
  const isOwn = SqsManagedSseEnabled === "true";
  if (KmsMasterKeyId && isOwn)
    throw fault(
      "InvalidAttributeValue",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    );
  if (KmsMasterKeyId) settings.sqsManagedSseEnabled = false;
  if (isOwn) delete settings.kmsMasterKeyId;
}

function checkThroughput({ fifoThroughputLimit, deduplicationScope }: QueueSettings): void {
  if (fifoThroughputLimit === "perMessageGroupId" && deduplicationScope !== "messageGroup")
    throw invalidAttributeValue(
      "FifoThroughputLimit",
      "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
    );
}

const onlyForFifo = (name: string) =>
  fault("InvalidAttributeName", `You can specify the ${name} only when FifoQueue is set to true.`);

/** The first of the attributes in which two queues differ. */
export function differenceIn(
  attributes: QueueAttributeMap,
  requested: QueueSettings,
  existing: QueueSettings,
): string | undefined {
  const wanted = withCompactPolicy(requested);
  const present = withCompactPolicy(existing);
  return Object.keys(attributes).find((name) => {
    const key = SETTINGS[name]?.key;
    return key !== undefined && comparable(wanted[key]) !== comparable(present[key]);
  });
}

/** SQS shows and compares a policy without the whitespace between its tokens. */
const withCompactPolicy = (settings: QueueSettings): QueueSettings =>
  settings.policy === undefined ? settings : { ...settings, policy: compactJson(settings.policy) };

/** The order of a document's members makes no difference. */
function comparable(value: QueueSettings[keyof QueueSettings]): string {
  if (typeof value !== "object") return String(value);
  const { text: _, ...members } = value;
  return JSON.stringify(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The policy in SQS's own form: a count is a number, even if it was written as a string. */
const documentOf = ({ text: _, ...members }: RedrivePolicy | RedriveAllowPolicy) => JSON.stringify(members);

/** @throws {AwsError} InvalidAttributeName */
export function described(
  names: readonly string[],
  queue: Queue,
  counts: Counts,
  place: Place,
): QueueAttributeMap | undefined {
  const unknown = names.find((name) => name !== "All" && !isAttribute(name));
  if (unknown !== undefined) throw unknownAttribute(unknown);
  const attributes = Object.entries(allOf(queue, counts, place)).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (names.includes("All") || names.includes(entry[0])),
  );
  return attributes.length > 0 ? Object.fromEntries(attributes) : undefined;
}

const isAttribute = (name: string) => Object.hasOwn(SETTINGS, name) || Object.hasOwn(READ_ONLY, name);

/** All attributes in AWS's order: read-only ones first, then the settings. */
function allOf(queue: Queue, counts: Counts, place: Place): Record<string, string | undefined> {
  const { kmsDataKeyReusePeriodSeconds = STANDARD_REUSE_SECONDS, ...others } = withCompactPolicy(
    queue.attributes,
  );
  // The reuse period of data keys is kept, but shown only where a KMS key is used.
  const settings: QueueSettings = others.kmsMasterKeyId
    ? { ...others, kmsDataKeyReusePeriodSeconds }
    : others;
  return {
    ...mapped(READ_ONLY, (read) => read(queue, counts, place)),
    ...mapped(SETTINGS, ({ key }) => textOf(settings[key])),
  };
}

const mapped = <T, R>(of: Readonly<Record<string, T>>, make: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value)]));

function textOf(value: QueueSettings[keyof QueueSettings]): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "object" ? documentOf(value) : String(value);
}
