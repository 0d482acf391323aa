import { hash } from "node:crypto";
import type { SendMessageBatchRequestEntry, SendMessageResult } from "#aws/contract/types/sqs.ts";
import { isMessageId } from "#aws/messages.ts";
import type { Context } from "#kernel/context.ts";
import {
  deduplicationNeeded,
  invalidCharacters,
  invalidValue,
  messageTooLong,
  missingParameter,
  notForThisQueueType,
} from "../errors.ts";
import { encodeContent, INLINE_BYTES } from "../messages/content.ts";
import {
  attributesMd5,
  attributesSize,
  messageAttributes,
  systemAttributes,
} from "../messages/message-attributes.ts";
import { isValidText } from "../messages/text.ts";
import { type Content, contents, type Message, type Queue } from "../store.ts";
import type { OpenQueue, Work } from "../work.ts";
import { deduplicationKey } from "./deduplication.ts";

/** The trace header of the call, which receivers get as `AWSTraceHeader`. */
export const traceOf = ({ request }: Context): string | undefined => {
  const trace = request?.headers["x-amzn-trace-id"];
  return trace && trace.length <= MAX_TRACE_LENGTH && isValidText(trace) ? trace : undefined;
};

/** What SendMessage and an entry of its batch have in common. */
export type Sending = Omit<SendMessageBatchRequestEntry, "Id">;

/** A message that has passed all checks that do not depend on the queue. */
export interface Draft {
  content: Content;
  /** Bytes of body and attributes. */
  size: number;
  delaySeconds: number | undefined;
  group: string | undefined;
  deduplicationId: string | undefined;
}

/** The maximum bytes of a message, and of all messages of a batch together. */
export const LARGEST = 1_048_576;
const MAX_DELAY = 900;
const MAX_TRACE_LENGTH = 1_024;
const TOPICS = "sns.amazonaws.com";

/**
 * @param trace the call's own trace, which its message carries on unless it has one
 * @throws {AwsError} for faults that do not depend on the queue
 */
export function drafted(input: Sending, trace: string | undefined): Draft {
  const { MessageBody: body, DelaySeconds: delaySeconds } = input;
  if (!body) throw missingParameter("MessageBody");
  if (delaySeconds !== undefined && (delaySeconds < 0 || delaySeconds > MAX_DELAY))
    throw invalidValue(delaySeconds, "DelaySeconds", `DelaySeconds must be >= 0 and <= ${MAX_DELAY}.`);
  if (!isValidText(body)) throw invalidCharacters();
  const attributes = messageAttributes(input.MessageAttributes);
  const content: Content = { body };
  if (attributes) content.attributes = attributes;
  const system = systemAttributes(input.MessageSystemAttributes);
  if (system) content.systemAttributes = system;
  else if (trace !== undefined) content.trace = trace;
  return {
    content,
    size: Buffer.byteLength(body) + attributesSize(attributes),
    delaySeconds,
    group: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
  };
}

/** @throws {AwsError} for what this queue does not take */
export function checkFor({ principal }: Context, { isFifo, attributes }: Queue, draft: Draft): void {
  const { size, group, deduplicationId, delaySeconds } = draft;
  // AWS: a topic's messages have the topic's limit.
  const most = principal.arn === TOPICS ? LARGEST : attributes.maximumMessageSize;
  if (size > most) throw messageTooLong(most);
  if (isFifo && group === undefined) throw missingParameter("MessageGroupId");
  checkId(group, "MessageGroupId");
  if (!isFifo && deduplicationId !== undefined)
    throw notForThisQueueType(deduplicationId, "MessageDeduplicationId");
  checkId(deduplicationId, "MessageDeduplicationId");
  if (isFifo && deduplicationId === undefined && !attributes.contentBasedDeduplication)
    throw deduplicationNeeded();
  if (isFifo && delaySeconds) throw notForThisQueueType(delaySeconds, "DelaySeconds");
}

function checkId(id: string | undefined, parameter: string): void {
  if (id !== undefined && !isMessageId(id))
    throw invalidValue(
      id,
      parameter,
      `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
}

/** Adds a message to a queue, unless it is a duplicate. */
export function send(work: Work, to: OpenQueue, draft: Draft): SendMessageResult {
  const { tx, ctx } = work;
  const { queue } = to;
  const { content, group } = draft;
  const md5 = hash("md5", content.body);
  const digests = {
    MD5OfMessageBody: md5,
    MD5OfMessageAttributes: attributesMd5(content.attributes),
    MD5OfMessageSystemAttributes: attributesMd5(content.systemAttributes),
  };
  const deduplicationId = queue.isFifo ? (draft.deduplicationId ?? contentId(content)) : undefined;
  const key = deduplicationId === undefined ? undefined : deduplicationKey(queue, deduplicationId, group!);
  if (key !== undefined) {
    const same = work.duplicateOf(to, key);
    if (same) return { ...digests, MessageId: same.id, SequenceNumber: sequenceNumber(same.seq) };
  }
  const message: Message = {
    queue: queue.id,
    seq: tx.sequence(),
    id: tx.uuid(),
    sent: tx.now(),
    sender: ctx.principal.id,
    md5,
    size: draft.size,
    group,
    deduplicationId,
    notBefore: notBefore(queue, draft.delaySeconds, tx.now()),
  };
  place(work, to, message, content);
  if (key !== undefined) work.remember(to, key, message);
  tx.metric("NumberOfMessagesSent", 1, { QueueName: queue.name });
  tx.metric("SentMessageSize", draft.size, { QueueName: queue.name });
  return {
    ...digests,
    MessageId: message.id,
    SequenceNumber: queue.isFifo ? sequenceNumber(message.seq) : undefined,
  };
}

/** Writes a message and its content, in one row or in two. */
export function place(work: Work, to: OpenQueue, message: Message, content: Content): void {
  const isSmall = content.body.length + attributesSize(content.attributes) <= INLINE_BYTES;
  if (!isSmall) work.tx.putBytes(contents, [message.queue, message.seq], encodeContent(content));
  work.add(to, isSmall ? { ...message, content } : message);
}

/** Twenty digits that increase with every message, like AWS's. */
export const sequenceNumber = (seq: number): string => `1885${String(seq).padStart(16, "0")}`;

/** @param delaySeconds the message's own, which overrides the queue's */
export function notBefore(
  { attributes }: Queue,
  delaySeconds: number | undefined,
  now: number,
): number | undefined {
  const delay = delaySeconds ?? attributes.delaySeconds;
  return delay > 0 ? now + delay * 1_000 : undefined;
}

/** The deduplication id from content, computed from the body alone. */
const contentId = ({ body }: Content) => hash("sha256", body);
