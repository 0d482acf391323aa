import type { ReadTransaction } from "#kernel/transaction.ts";
import { fault, invalidParameter } from "../errors.ts";
import { type Protocol, subscriptions, type Topic } from "../store.ts";

/** Bytes of a message with its attributes, and of all in a batch, where a topic says nothing else. */
export const USUAL_BYTES = 262_144;
const FEWEST_BYTES = 1_024;
const MOST_BYTES = 1_048_576;
/** Of a FIFO topic, and of one that is to take more than the usual size. */
const MOST_SUBSCRIPTIONS = 100;
const PROTOCOLS: ReadonlySet<Protocol> = new Set(["sqs", "firehose", "lambda"]);

export const isSize = (value: string): boolean =>
  /^\d{1,7}$/.test(value) && Number(value) >= FEWEST_BYTES && Number(value) <= MOST_BYTES;

export const mostBytesOf = ({ attributes }: Topic): number =>
  Number(attributes.MaximumMessageSize ?? USUAL_BYTES);

export const isLarge = (topic: Topic): boolean => mostBytesOf(topic) > USUAL_BYTES;

/**
 * Whether all of a topic's subscriptions can take large messages.
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 * @throws {AwsError} InvalidParameter
 */
export async function checkSubscribers(tx: ReadTransaction, topic: Topic): Promise<void> {
  const found = await tx.list(subscriptions, { in: [topic.id], limit: MOST_SUBSCRIPTIONS + 1 });
  const strange = found.find(({ protocol }) => !PROTOCOLS.has(protocol));
  if (strange)
    throw invalidParameter(
      `MaximumMessageSize: ${strange.protocol} subscriptions take at most ${USUAL_BYTES} bytes`,
    );
  if (found.length > MOST_SUBSCRIPTIONS)
    throw invalidParameter(
      `MaximumMessageSize: a topic with more than ${MOST_SUBSCRIPTIONS} subscriptions takes at most ${USUAL_BYTES} bytes`,
    );
}

/**
 * Whether a topic can have one more subscription. How many a topic of large messages has is looked at only when its
 * size is set, as AWS was measured to do; all that a FIFO topic publishes goes out in one transaction.
 * @throws {AwsError} InvalidParameter, SubscriptionLimitExceeded
 */
export async function checkOneMore(tx: ReadTransaction, topic: Topic, protocol: Protocol): Promise<void> {
  if (isLarge(topic) && !PROTOCOLS.has(protocol))
    throw invalidParameter(`Invalid protocol type: ${protocol}`);
  if (!topic.isFifo) return;
  const found = await tx.list(subscriptions, { in: [topic.id], limit: MOST_SUBSCRIPTIONS });
  if (found.length === MOST_SUBSCRIPTIONS)
    throw fault(
      "SubscriptionLimitExceededException",
      `A FIFO topic has at most ${MOST_SUBSCRIPTIONS} subscriptions.`,
    );
}
