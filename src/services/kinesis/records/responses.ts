import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { AwsError } from "#aws/errors.ts";
import { RawJson } from "#aws/protocols/json/raw.ts";
import { sequenceNumbers } from "../shards/sequence.ts";
import type { Shard } from "../store.ts";
import type { Stored } from "./rows.ts";

/** Records in the form of SubscribeToShard, and of GetRecords in CBOR. */
export function recordsOf(shard: Shard, stored: readonly Stored[]): Kinesis.Record[] {
  const numberOf = sequenceNumbers(shard);
  return stored.map(({ position, arrival, isSealed, bytes, keyAt, dataAt, end }) => ({
    SequenceNumber: numberOf(position, arrival),
    ApproximateArrivalTimestamp: new Date(arrival),
    Data: bytes.subarray(dataAt, end),
    ...(dataAt > keyAt && { PartitionKey: bytes.toString("utf8", keyAt, dataAt) }),
    EncryptionType: isSealed ? "KMS" : undefined,
  }));
}

/** The JSON of records. */
function recordsJson(shard: Shard, stored: readonly Stored[]): string {
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

/** Records in the form of GetRecords. */
export const rawRecords = (shard: Shard, stored: readonly Stored[]): RawJson<Kinesis.Record[]> =>
  new RawJson(
    () => recordsJson(shard, stored),
    () => recordsOf(shard, stored),
  );

/** The result of a put: the record's place, or the error. */
export type PutResult = { SequenceNumber: string; ShardId: string } | AwsError;

function resultsJson(results: readonly PutResult[]): string {
  let text = "";
  for (const result of results) {
    if (text !== "") text += ",";
    text +=
      result instanceof AwsError
        ? JSON.stringify(failedEntry(result))
        : `{"SequenceNumber":"${result.SequenceNumber}","ShardId":"${result.ShardId}"}`;
  }
  return `[${text}]`;
}

const failedEntry = ({ code, message }: AwsError): Kinesis.PutRecordsResultEntry => ({
  ErrorCode: code,
  ErrorMessage: message,
});

/** Results in the form of PutRecords. */
export const rawResults = (results: readonly PutResult[]): RawJson<Kinesis.PutRecordsResultEntry[]> =>
  new RawJson(
    () => resultsJson(results),
    () => results.map((result) => (result instanceof AwsError ? failedEntry(result) : result)),
  );
