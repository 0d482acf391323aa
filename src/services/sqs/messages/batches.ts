import { loadContract } from "#aws/contract/contract.ts";
import type { BatchResultErrorEntry } from "#aws/contract/types/sqs.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  batchTooLong,
  emptyBatch,
  idsNotDistinct,
  invalidEntryId,
  isReceiptOutdated,
  messageInBatch,
  missingParameter,
  tooManyEntries,
} from "../errors.ts";
import { queueNamed } from "../queues/addresses.ts";
import { checkFor, type Draft, drafted, LARGEST, type Sending, send, traceOf } from "../sending/sending.ts";
import { type OpenQueue, onQueues, type Work } from "../work.ts";
import { changeVisibility, remove } from "./messages.ts";

const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

export const batchOperations = {
  async SendMessageBatch(ctx, input) {
    const entries = distinct(input.Entries, "SendMessageBatchRequestEntry");
    const name = queueNamed(ctx, input.QueueUrl);
    const trace = traceOf(ctx);
    const drafts = new Map(entries.map((entry) => [entry, draftOrError(entry, trace)]));
    const size = [...drafts.values()].reduce((sum, draft) => sum + (isFailure(draft) ? 0 : draft.size), 0);
    if (size > LARGEST) throw batchTooLong(LARGEST, size);
    return each(ctx, name, entries, (work, to, entry) => {
      const draft = drafts.get(entry)!;
      if (isFailure(draft)) throw draft.error;
      checkFor(ctx, to.queue, draft);
      const { MD5OfMessageBody, MessageId, ...sent } = send(work, to, draft);
      return { Id: entry.Id, MessageId: MessageId!, MD5OfMessageBody: MD5OfMessageBody!, ...sent };
    });
  },

  async DeleteMessageBatch(ctx, input) {
    const entries = distinct(input.Entries, "DeleteMessageBatchRequestEntry");
    return each(ctx, queueNamed(ctx, input.QueueUrl), entries, async (work, from, entry) => {
      await remove(work, from, entry);
      return { Id: entry.Id };
    });
  },

  async ChangeMessageVisibilityBatch(ctx, input) {
    const entries = distinct(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
    return each(ctx, queueNamed(ctx, input.QueueUrl), entries, async (work, of, entry) => {
      await changeVisibility(work, of, entry);
      return { Id: entry.Id };
    });
  },
} satisfies Handlers<"sqs">;

/** @throws {AwsError} for what makes the whole batch invalid */
function distinct<E extends { Id: string }>(entries: E[] | undefined, entryName: string): E[] {
  if (!entries || entries.length === 0) throw emptyBatch(entryName);
  if (entries.length > MAX_ENTRIES) throw tooManyEntries(entries.length);
  const ids = new Set<string>();
  entries.forEach(({ Id }, n) => {
    if (Id === undefined) throw missingParameter(`${entryName}.${n + 1}.Id`);
    if (!ENTRY_ID.test(Id)) throw invalidEntryId();
  });
  for (const { Id } of entries) {
    if (ids.has(Id)) throw idsNotDistinct(Id);
    ids.add(Id);
  }
  return entries;
}

interface BatchResult<R> {
  Successful: R[];
  Failed: BatchResultErrorEntry[];
}

/** Runs all entries in one transaction, each with its own result: a refused entry does not fail the others. */
function each<E extends { Id: string }, R>(
  ctx: Context,
  name: string,
  entries: readonly E[],
  one: (work: Work, of: OpenQueue, entry: E) => R | Promise<R>,
): Promise<BatchResult<R>> {
  return onQueues(ctx, async (work) => {
    const of = await work.queue(name);
    const Successful: R[] = [];
    const Failed: BatchResultErrorEntry[] = [];
    for (const entry of entries) {
      try {
        Successful.push(await one(work, of, entry));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        Failed.push({ Id: entry.Id, SenderFault: true, Code: codeOf(error), Message: messageInBatch(error) });
      }
    }
    // An empty list is left out, although the contract requires both.
    return {
      ...(Successful.length > 0 && { Successful }),
      ...(Failed.length > 0 && { Failed }),
    } as BatchResult<R>;
  });
}

/** In a batch, codes are those of the query protocol, whatever the protocol of the call. */
function codeOf(error: AwsError): string {
  if (isReceiptOutdated(error)) return "ReceiptHandleIsInvalid";
  return loadContract("sqs").error(error.code)?.error?.code ?? error.code;
}

interface Failure {
  error: unknown;
}

function draftOrError(entry: Sending, trace: string | undefined): Draft | Failure {
  try {
    return drafted(entry, trace);
  } catch (error) {
    return { error };
  }
}

const isFailure = (draft: Draft | Failure): draft is Failure => "error" in draft;
