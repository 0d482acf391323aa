import { hash } from "node:crypto";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import type { BytesRow, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { keyOf } from "../items/keys.ts";
import { type Destination, outgoingRows, type Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { decodeItem, encodeItem, readAtOnce, StoredItem } from "../values/stored.ts";
import { type Item, isEqual } from "../values/value.ts";

/** The most records in one PutRecords request. */
const MAX_RECORDS = 100;
const MAX_BYTES = 4 * 2 ** 20;
/** The age at which unsent records are dropped. */
const MAX_AGE_MS = 86_400_000;
/** The largest record. A larger one is sent without its old image, or without both, so that it does not block others. */
const MAX_RECORD_BYTES = 2 ** 20;

/** Records a change until it is sent to the stream. A write that changes nothing is skipped. */
export function send(
  tx: Transaction,
  table: Table,
  { arn, number, precision }: Destination,
  before: Item | undefined,
  after: Item | undefined,
  { by, isTight }: { by: "ttl" | undefined; isTight: boolean },
): void {
  if (before && after && isEqual({ M: before }, { M: after })) return;
  const change: Item = {
    name: { S: after ? (before ? "MODIFY" : "INSERT") : "REMOVE" },
    id: { S: tx.uuid() },
    at: { N: String(tx.now()) },
    keys: { M: keyOf(table.key, (after ?? before)!) },
  };
  if (after) change.new = { M: after };
  if (before) change.old = { M: before };
  if (precision) change.precision = { S: precision };
  if (by) change.by = { S: by };
  tx.putBytes(outgoingRows, [number, tx.sequence()], encodeItem(change, undefined, isTight));
  tx.enqueue(forward, { table: table.name, arn, number }, { lane: `forward/${number}` });
}

/** Sends pending changes to a stream, in order. A change that is sent twice has the same id. */
export const forward = job<{ table: string; arn: string; number: number }>("dynamodb/forward", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, arn, number }) {
    const page = await ctx.read((tx) => tx.listBytes(outgoingRows, { in: [number], limit: MAX_RECORDS }));
    // Records are larger than the rows: base64 adds a third, and there are more members than the images.
    const rows = readAtOnce(page, MAX_BYTES / 2);
    if (rows.length === 0) return undefined;
    const changes = rows.map(({ value }) => decodeItem(value));
    const old = rows.filter((_, at) => Number(changes[at]!.at!.N) < ctx.clock.now() - MAX_AGE_MS);
    if (old.length > 0) {
      await remove(ctx, old);
      return { again: 0 };
    }
    // Acts as the account's root, in place of AWS's service-linked role.
    const { kinesis } = ctx.as(rootOf(ctx.account)).aws;
    const answer = await kinesis.PutRecords({
      StreamARN: arn,
      Records: changes.map((change) => recordOf(ctx, table, change)),
    });
    if (answer.FailedRecordCount) throw new Error("the stream took some records only");
    await remove(ctx, rows);
    return { again: 0 };
  },
});

const remove = (ctx: Context, rows: readonly BytesRow[]): Promise<void> =>
  ctx.transact((tx) => {
    for (const row of rows) tx.deleteRow(row);
  });

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html */
function recordOf(ctx: Context, tableName: string, change: Item) {
  const { keys, new: after, old: before, by, at, name, id, precision } = change;
  const images = [keys, after, before].filter((image) => image !== undefined);
  const record = (shown: Item | undefined, old: Item | undefined) =>
    Buffer.from(
      JSON.stringify({
        awsRegion: ctx.region,
        eventID: id!.S,
        eventName: name!.S,
        userIdentity: by ? { type: "Service", principalId: "dynamodb.amazonaws.com" } : null,
        recordFormat: "application/json",
        tableName,
        dynamodb: {
          ApproximateCreationDateTime: Number(at!.N) * (precision?.S === "MICROSECOND" ? 1_000 : 1),
          ...(precision && { ApproximateCreationDateTimePrecision: precision.S }),
          Keys: wire(keys!.M!),
          NewImage: shown && wire(shown),
          OldImage: old && wire(old),
          SizeBytes: images.reduce((sum, image) => sum + sizeOfItem(image.M!), 0),
        },
        eventSource: "aws:dynamodb",
      }),
    );
  let Data = record(after?.M, before?.M);
  if (Data.length > MAX_RECORD_BYTES) Data = record(after?.M, undefined);
  if (Data.length > MAX_RECORD_BYTES) Data = record(undefined, undefined);
  return { PartitionKey: hash("md5", JSON.stringify(wire(keys!.M!))), Data };
}

/** The JSON form of an item, with byte strings in base64. */
const wire = (item: Item): object => JSON.parse(new StoredItem(encodeItem(item)).json);
