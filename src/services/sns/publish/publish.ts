import type { BatchResultErrorEntry, PublishBatchResultEntry } from "#aws/contract/types/sns.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { topicArn } from "../arns.ts";
import { stored } from "../content.ts";
import { fanOut } from "../delivery/fan-out.ts";
import {
  batchTooLong,
  checkSome,
  idsNotDistinct,
  invalidEntryId,
  invalidParameter,
  tooManyEntries,
} from "../errors.ts";
import { publishToEndpoint } from "../mobile/push.ts";
import { publishToPhone } from "../mobile/sms.ts";
import type { Message, Topic } from "../store.ts";
import { mostBytesOf } from "../topics/size.ts";
import { topicAt } from "../topics/topic.ts";
import { keepInArchive } from "./archive.ts";
import { duplicateOf, remember } from "./deduplication.ts";
import { type Content, contentOf, orderOf, type Publishing, sizeOf } from "./message.ts";

const MAX_ENTRIES = 10;

export const publishing = {
  async Publish(ctx, input) {
    const { TopicArn, TargetArn, PhoneNumber } = input;
    const targets = [TopicArn, TargetArn, PhoneNumber].filter((target) => target !== undefined);
    if (targets.length === 0)
      throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
    if (targets.length > 1)
      throw invalidParameter("TopicArn or TargetArn or PhoneNumber Reason: only one may be given");
    if (PhoneNumber !== undefined) return publishToPhone(ctx, PhoneNumber, contentOf(input, undefined));
    if (TargetArn !== undefined && /:endpoint\//.test(TargetArn))
      return publishToEndpoint(ctx, TargetArn, contentOf(input, undefined));
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn ?? TargetArn, TopicArn ? "TopicArn" : "TargetArn");
      return publish(ctx, tx, topic, contentOf(input, topic));
    });
  },

  async PublishBatch(ctx, { TopicArn, PublishBatchRequestEntries: entries }) {
    checkEntries(entries);
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      // A wrong group or deduplication id fails the whole batch, anything else only its entry.
      for (const entry of entries) orderOf(entry, topic);
      const Successful: PublishBatchResultEntry[] = [];
      const Failed: BatchResultErrorEntry[] = [];
      const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (size > mostBytesOf(topic)) throw batchTooLong();
      for (const entry of entries) {
        const { Id } = entry;
        const content = contentOrError(entry, topic);
        if (content instanceof AwsError) Failed.push({ Id, ...entryError(content) });
        else Successful.push({ Id, ...(await publish(ctx, tx, topic, content)) });
      }
      return { Successful, Failed };
    });
  },
} satisfies Handlers<"sns">;

function checkEntries(entries: readonly { Id: string }[]): void {
  checkSome(entries, "publishBatchRequestEntries");
  if (entries.length > MAX_ENTRIES) throw tooManyEntries();
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (!/^[\w-]{1,80}$/.test(Id)) throw invalidEntryId();
    if (seen.has(Id)) throw idsNotDistinct();
    seen.add(Id);
  }
}

/** An entry that fails does not fail the others. */
function contentOrError(entry: Publishing, topic: Topic): Content | AwsError {
  try {
    return contentOf(entry, topic);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

const CODES: Record<string, string> = {
  InvalidParameterException: "InvalidParameter",
  InvalidParameterValueException: "ParameterValueInvalid",
};

const entryError = ({ code, message }: AwsError) => ({
  Code: CODES[code] ?? code,
  Message: message,
  SenderFault: true,
});

const SEQUENCE_DIGITS = 20;
/** SNS's sequence numbers begin here. */
const FIRST_SEQUENCE = 10n ** 19n;

async function publish(ctx: Context, tx: Transaction, topic: Topic, { size, ...content }: Content) {
  const duplicate = content.deduplicationId !== undefined && (await duplicateOf(tx, topic, content));
  if (duplicate) return { MessageId: duplicate.messageId, SequenceNumber: duplicate.sequence };
  const message: Message = { id: tx.uuid(), topicArn: topicArn(ctx, topic.name), time: tx.now(), ...content };
  if (topic.isFifo) {
    message.sequence = (FIRST_SEQUENCE + BigInt(tx.sequence())).toString().padStart(SEQUENCE_DIGITS, "0");
    remember(tx, topic, message);
    keepInArchive(tx, topic, stored(message));
  }
  const dimensions = { TopicName: topic.name };
  tx.metric("NumberOfMessagesPublished", 1, dimensions);
  tx.metric("PublishSize", size, dimensions);
  await fanOut(tx, topic, message);
  return { MessageId: message.id, SequenceNumber: message.sequence };
}
