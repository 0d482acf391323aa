import type {
  MessageSystemAttributeName,
  Message as Received,
  ReceiveMessageRequest,
} from "#aws/contract/types/sqs.ts";
import { unknownAttribute } from "../errors.ts";
import { sequenceNumber } from "../sending/sending.ts";
import type { Attribute, Content, Message, MessageState } from "../store.ts";
import type { Work } from "../work.ts";
import { contentOf } from "./content.ts";
import { attributesMd5, described } from "./message-attributes.ts";
import { handleOf } from "./receipts.ts";

/** Which attributes the client wants. */
export interface Filters {
  system: Filter;
  attributes: Filter;
}
export type Filter = (name: string) => boolean;

const NONE: Filter = () => false;
const EVERY: Filter = () => true;

/** The system attributes, in the order of responses. */
const SYSTEM_ATTRIBUTES: Partial<
  Record<
    MessageSystemAttributeName,
    (message: Message, state: MessageState, content: Content) => string | undefined
  >
> = {
  SenderId: ({ sender }) => sender,
  ApproximateFirstReceiveTimestamp: ({ earlier }, { firstReceived }) =>
    String(earlier?.firstReceived ?? firstReceived),
  ApproximateReceiveCount: ({ earlier }, { receives }) => String((earlier?.receives ?? 0) + receives),
  SentTimestamp: ({ sent }) => String(sent),
  SequenceNumber: ({ deduplicationId, seq }) =>
    deduplicationId === undefined ? undefined : sequenceNumber(seq),
  MessageDeduplicationId: ({ deduplicationId }) => deduplicationId,
  MessageGroupId: ({ group }) => group,
  DeadLetterQueueSourceArn: ({ source }) => source,
  AWSTraceHeader: (_message, _state, { systemAttributes, trace }) =>
    systemAttributes?.AWSTraceHeader?.text ?? trace,
};

/** Queue attributes, which `AttributeNames` also accepts because it has their type. */
const QUEUE_ATTRIBUTE =
  /^(?:Policy|VisibilityTimeout|MaximumMessageSize|MessageRetentionPeriod|Approximate\w+|\w+Timestamp|QueueArn|DelaySeconds|ReceiveMessageWaitTimeSeconds|Redrive\w*Policy|FifoQueue|ContentBasedDeduplication|Kms\w+|DeduplicationScope|FifoThroughputLimit|SqsManagedSseEnabled)$/;

/** @throws {AwsError} InvalidAttributeName */
export function systemFilter({ AttributeNames, MessageSystemAttributeNames }: ReceiveMessageRequest): Filter {
  if (!AttributeNames && !MessageSystemAttributeNames) return NONE;
  const names = new Set<string>([...(AttributeNames ?? []), ...(MessageSystemAttributeNames ?? [])]);
  for (const name of names) {
    if (name !== "All" && !Object.hasOwn(SYSTEM_ATTRIBUTES, name) && !QUEUE_ATTRIBUTE.test(name))
      throw unknownAttribute(name);
  }
  return names.has("All") ? EVERY : (name) => names.has(name);
}

/** Selects attributes by name. `All`, `.*` and `prefix.*` stand for several. */
export function attributeFilter({ MessageAttributeNames: names = [] }: ReceiveMessageRequest): Filter {
  if (names.length === 0) return NONE;
  const exact = new Set(names);
  if (exact.has("All") || exact.has(".*")) return EVERY;
  // AWS: the prefix is what comes before the period, so `col.*` matches `color`.
  const prefixes = names.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -2));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

export async function rendered(
  { ctx, tx }: Work,
  message: Message,
  state: MessageState,
  { system, attributes: filter }: Filters,
): Promise<Received> {
  const content = await contentOf(tx, message);
  const answer: Received = {
    MessageId: message.id,
    ReceiptHandle: handleOf(ctx, state),
    MD5OfBody: message.md5,
    Body: content.body,
  };
  if (system !== NONE) {
    const values: Partial<Record<MessageSystemAttributeName, string>> = {};
    for (const [name, read] of Object.entries(SYSTEM_ATTRIBUTES)) {
      const value = system(name) ? read(message, state, content) : undefined;
      if (value !== undefined) values[name as MessageSystemAttributeName] = value;
    }
    if (Object.keys(values).length > 0) answer.Attributes = values;
  }
  const selected = select(content.attributes, filter);
  if (selected) {
    answer.MD5OfMessageAttributes = attributesMd5(selected)!;
    answer.MessageAttributes = described(selected);
  }
  return answer;
}

function select(
  attributes: Record<string, Attribute> | undefined,
  filter: Filter,
): Record<string, Attribute> | undefined {
  if (!attributes || filter === NONE) return undefined;
  const entries = Object.entries(attributes).filter(([name]) => filter(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
