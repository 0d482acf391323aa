import type { Context } from "#kernel/context.ts";
import { invalidReceipt, missingParameter, receiptOfAnotherQueue } from "../errors.ts";

/** The content of a receipt handle: a message, and one of its receives. */
export interface Receipt {
  queue: number;
  seq: number;
  receipt: number;
}

const PURPOSE = "sqs/receipt";

/**
 * In base64, as AWS's handles are, which has no hyphen: AWS's extended client splits its own longer handles at hyphens.
 */
export const handleOf = ({ seal }: Context, { queue, seq, receipt }: Receipt): string =>
  Buffer.from(seal.seal(PURPOSE, [queue, seq, receipt]), "base64url").toString("base64");

/** @throws {AwsError} MissingParameter, ReceiptHandleIsInvalid */
export function receiptIn({ seal }: Context, queue: { id: number }, handle: string | undefined): Receipt {
  if (!handle) throw missingParameter("ReceiptHandle");
  const sealed = seal.unseal(PURPOSE, handle) as [number, number, number] | undefined;
  if (!sealed) throw invalidReceipt(handle);
  const [queueId, seq, receipt] = sealed;
  if (queueId !== queue.id) throw receiptOfAnotherQueue(handle);
  return { queue: queueId, seq, receipt };
}
