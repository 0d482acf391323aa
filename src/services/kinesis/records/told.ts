import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { AwsError } from "#aws/errors.ts";
import { RawJson } from "#aws/protocols/raw-json.ts";
import { sequenceNumbers } from "../shards/sequence.ts";
import type { Shard } from "../store.ts";
import type { Stored } from "./rows.ts";

/** Records as readers are told of them. */
export function toldOf(shard: Shard, stored: readonly Stored[]): Kinesis.Record[] {
  const numberOf = sequenceNumbers(shard);
  return stored.map(({ position, arrival, isSealed, bytes, keyAt, dataAt, end }) => ({
    SequenceNumber: numberOf(position, arrival),
    ApproximateArrivalTimestamp: new Date(arrival),
    Data: bytes.subarray(dataAt, end),
    ...(dataAt > keyAt && { PartitionKey: bytes.toString("utf8", keyAt, dataAt) }),
    EncryptionType: isSealed ? "KMS" : undefined,
  }));
}

/** The same in JSON. */
function jsonOf(shard: Shard, stored: readonly Stored[]): string {
  const numberOf = sequenceNumbers(shard);
  let text = "";
  for (const { position, arrival, isSealed, bytes, keyAt, dataAt, end } of stored) {
    if (text !== "") text += ",";
    text += `{"SequenceNumber":"${numberOf(position, arrival)}","ApproximateArrivalTimestamp":${arrival / 1_000}`;
    text += `,"Data":"${bytes.toString("base64", dataAt, end)}"`;
    if (dataAt > keyAt) text += `,"PartitionKey":${JSON.stringify(bytes.toString("utf8", keyAt, dataAt))}`;
    text += isSealed ? ',"EncryptionType":"KMS"}' : "}";
  }
  return `[${text}]`;
}

/** Records as GetRecords answers them. */
export const rawRecords = (shard: Shard, stored: readonly Stored[]): RawJson<Kinesis.Record[]> =>
  new RawJson(
    () => jsonOf(shard, stored),
    () => toldOf(shard, stored),
  );

/** Where a record stands that was put, or why it does not. */
export type Told = { SequenceNumber: string; ShardId: string } | AwsError;

function resultsIn(told: readonly Told[]): string {
  let text = "";
  for (const one of told) {
    if (text !== "") text += ",";
    text +=
      one instanceof AwsError
        ? JSON.stringify(refused(one))
        : `{"SequenceNumber":"${one.SequenceNumber}","ShardId":"${one.ShardId}"}`;
  }
  return `[${text}]`;
}

const refused = ({ code, message }: AwsError): Kinesis.PutRecordsResultEntry => ({
  ErrorCode: code,
  ErrorMessage: message,
});

/** What became of records as PutRecords answers it. */
export const rawResults = (told: readonly Told[]): RawJson<Kinesis.PutRecordsResultEntry[]> =>
  new RawJson(
    () => resultsIn(told),
    () => told.map((one) => (one instanceof AwsError ? refused(one) : one)),
  );
