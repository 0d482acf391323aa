import { createHash } from "node:crypto";
import type { PublishBatchRequestEntry } from "#aws/contract/types/sns.ts";
import { isMessageId } from "#aws/messages.ts";
import { invalidParameter } from "../errors.ts";
import type { Message, Topic } from "../store.ts";
import { mostBytesOf, USUAL_BYTES } from "../topics/size.ts";
import { attributesSize, messageAttributes } from "./message-attributes.ts";

const MAX_SUBJECT_LENGTH = 100;

export type Publishing = Omit<PublishBatchRequestEntry, "Id">;
export type Content = Pick<Message, "bodies" | "subject" | "attributes" | "group" | "deduplicationId"> & {
  size: number;
};

/**
 * A message to be published, checked by SNS's rules.
 * @param topic `undefined` for a phone or an endpoint
 * @throws {AwsError} InvalidParameter, ParameterValueInvalid
 */
export function contentOf(input: Publishing, topic: Topic | undefined): Content {
  const { Message: text, Subject: subject, MessageStructure: structure } = input;
  if (!text) throw invalidParameter("Empty message");
  const attributes = messageAttributes(input.MessageAttributes);
  const size = sizeOf(input);
  if (size > (topic ? mostBytesOf(topic) : USUAL_BYTES)) throw invalidParameter("Message too long");
  if (subject !== undefined && !isSubject(subject)) throw invalidParameter("Subject");
  if (structure !== undefined && structure !== "json") throw invalidParameter("MessageStructure");
  const bodies = structure === "json" ? bodiesIn(text) : { default: text };
  return {
    bodies,
    ...(subject !== undefined && { subject }),
    ...(attributes && { attributes }),
    ...orderOf(input, topic),
    size,
  };
}

/** The bytes that SNS counts. */
export const sizeOf = ({ Message: text, MessageAttributes: attributes }: Publishing): number =>
  Buffer.byteLength(text) + attributesSize(attributes);

/** Subjects have no line breaks and no control characters. */
const isSubject = (text: string) =>
  text.length <= MAX_SUBJECT_LENGTH && /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(text);

function bodiesIn(text: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  const bodies = Object.entries(parsed).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  if (!bodies.some(([protocol]) => protocol === "default"))
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  return Object.fromEntries(bodies);
}

/** The group and the deduplication id of a message. @throws {AwsError} InvalidParameter */
export function orderOf(
  input: Publishing,
  topic: Topic | undefined,
): Pick<Message, "group" | "deduplicationId"> {
  const { MessageGroupId: group, MessageDeduplicationId: deduplicationId, Message: text } = input;
  if (group !== undefined && !isMessageId(group)) throw invalidParameter("MessageGroupId");
  if (!topic?.isFifo) {
    if (deduplicationId !== undefined) {
      throw invalidParameter(
        "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
      );
    }
    return group === undefined ? {} : { group };
  }
  if (group === undefined) throw invalidParameter("The MessageGroupId parameter is required for FIFO topics");
  if (deduplicationId !== undefined && !isMessageId(deduplicationId))
    throw invalidParameter("MessageDeduplicationId");
  if (deduplicationId === undefined && topic.attributes.ContentBasedDeduplication?.toLowerCase() !== "true") {
    throw invalidParameter(
      "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  }
  return { group, deduplicationId: deduplicationId ?? createHash("sha256").update(text).digest("hex") };
}
