import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { fault, invalidParameter, tooManyPolicies } from "../errors.ts";
import { type Protocol, type Subscription, subscriptions, type Topic } from "../store.ts";

/** The default maximum bytes of a message with its attributes, or of a batch. */
export const USUAL_BYTES = 262_144;
const MIN_BYTES = 1_024;
const MAX_BYTES = 1_048_576;
/** The maximum subscriptions of a FIFO topic, and of a topic with a larger maximum message size. */
const MAX_SUBSCRIPTIONS = 100;
/** The maximum filter policies of a topic's subscriptions. */
const MAX_POLICIES = 200;
const PROTOCOLS: ReadonlySet<Protocol> = new Set(["sqs", "firehose", "lambda"]);

export const isSize = (value: string): boolean =>
  /^\d{1,7}$/.test(value) && Number(value) >= MIN_BYTES && Number(value) <= MAX_BYTES;

export const mostBytesOf = ({ attributes }: Topic): number =>
  Number(attributes.MaximumMessageSize ?? USUAL_BYTES);

export const isLarge = (topic: Topic): boolean => mostBytesOf(topic) > USUAL_BYTES;

/**
 * Whether all of a topic's subscriptions can take large messages.
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 * @throws {AwsError} InvalidParameter
 */
export async function checkSubscribers(tx: ReadTransaction, topic: Topic): Promise<void> {
  const found = await tx.list(subscriptions, { in: [topic.id], limit: MAX_SUBSCRIPTIONS + 1 });
  const unfit = found.find(({ protocol }) => !PROTOCOLS.has(protocol));
  if (unfit)
    throw invalidParameter(
      `MaximumMessageSize: ${unfit.protocol} subscriptions take at most ${USUAL_BYTES} bytes`,
    );
  if (found.length > MAX_SUBSCRIPTIONS)
    throw invalidParameter(
      `MaximumMessageSize: a topic with more than ${MAX_SUBSCRIPTIONS} subscriptions takes at most ${USUAL_BYTES} bytes`,
    );
}

/**
 * Whether a topic can have one more subscription. A FIFO topic has a limit, as it writes all deliveries in one
 * transaction. The limit for large messages is checked only when the size is set, as measured at AWS.
 * @throws {AwsError} InvalidParameter, FilterPolicyLimitExceeded, SubscriptionLimitExceeded
 */
export async function checkOneMore(
  tx: ReadTransaction,
  topic: Topic,
  { protocol, attributes }: Pick<Subscription, "protocol" | "attributes">,
): Promise<void> {
  if (isLarge(topic) && !PROTOCOLS.has(protocol))
    throw invalidParameter(`Invalid protocol type: ${protocol}`);
  if (attributes.FilterPolicy) await checkPolicyCount(tx, topic.id);
  if (!topic.isFifo) return;
  const found = await tx.list(subscriptions, { in: [topic.id], limit: MAX_SUBSCRIPTIONS });
  if (found.length === MAX_SUBSCRIPTIONS)
    throw fault(
      "SubscriptionLimitExceededException",
      `A FIFO topic has at most ${MAX_SUBSCRIPTIONS} subscriptions.`,
    );
}

/** Whether there may be one more filter policy. @throws {AwsError} FilterPolicyLimitExceeded */
export async function checkPolicyCount(tx: ReadTransaction, topic: number): Promise<void> {
  const filtered = await tx.listBy(subscriptions, "filtered", { in: [topic], limit: MAX_POLICIES });
  if (filtered.length === MAX_POLICIES) throw tooManyPolicies();
}
