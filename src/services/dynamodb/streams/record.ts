import { hash } from "node:crypto";
import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { keyOf } from "../items/keys.ts";
import { type OpenStream, type Stream, streamRows, type Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { encodeItem } from "../values/stored.ts";
import { type Item, isEqual } from "../values/value.ts";

/**
 * Writes a change to a stream. The record has the form of an item, so that it is encoded like one. A put that changes
 * nothing leaves no record.
 */
export function record(
  tx: Transaction,
  table: Table,
  { number, view }: OpenStream,
  before: Item | undefined,
  after: Item | undefined,
  { by, isTight }: { by: "ttl" | undefined; isTight: boolean },
): void {
  if (before && after && isEqual({ M: before }, { M: after })) return;
  const sequence = tx.sequence();
  const change: Item = {
    name: { S: after ? (before ? "MODIFY" : "INSERT") : "REMOVE" },
    at: { N: String(tx.now()) },
    sequence: { N: String(sequence) },
    keys: { M: keyOf(table.key, (after ?? before)!) },
  };
  const shows = (image: "NEW" | "OLD") => view === "NEW_AND_OLD_IMAGES" || view === `${image}_IMAGE`;
  if (after && shows("NEW")) change.new = { M: after };
  if (before && shows("OLD")) change.old = { M: before };
  if (by) change.by = { S: by };
  tx.putBytes(streamRows, [number, sequence], encodeItem(change, undefined, isTight));
}

/** A sequence number as the API shows it: 21 digits, the first of which is 1. */
export const sequenceNumber = (number: number): string => `1${String(number).padStart(20, "0")}`;

/** A stored change as `GetRecords` returns it. */
export function recordOf({ region }: Place, stream: Stream, change: Item): Streams.Record {
  const sequence = Number(change.sequence!.N);
  const { new: after, old: before, keys, by } = change;
  return {
    eventID: hash("md5", `${stream.label}/${stream.table}/${sequence}`),
    eventName: change.name!.S as Streams.OperationType,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: region,
    dynamodb: {
      ApproximateCreationDateTime: new Date(Math.floor(Number(change.at!.N) / 1_000) * 1_000),
      Keys: keys!.M!,
      NewImage: after?.M,
      OldImage: before?.M,
      SequenceNumber: sequenceNumber(sequence),
      SizeBytes: [keys, after, before].reduce((sum, part) => sum + (part?.M ? sizeOfItem(part.M) : 0), 0),
      StreamViewType: stream.view,
    },
    ...(by && { userIdentity: { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" } }),
  };
}
