import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { json, type OwnJson } from "#aws/protocols/own-json.ts";
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
    PartitionKey: bytes.toString("utf8", keyAt, dataAt),
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
    text += `,"Data":"${bytes.toString("base64", dataAt, end)}","PartitionKey":`;
    text += JSON.stringify(bytes.toString("utf8", keyAt, dataAt));
    text += isSealed ? ',"EncryptionType":"KMS"}' : "}";
  }
  return `[${text}]`;
}

/** What GetRecords answers. A class for its prototype: one is made for every call. */
export class Reading implements Kinesis.GetRecordsOutput, OwnJson {
  readonly NextShardIterator: string | undefined;
  readonly MillisBehindLatest: number;
  readonly ChildShards: Kinesis.ChildShard[] | undefined;
  readonly #shard: Shard;
  readonly #stored: readonly Stored[];

  constructor(shard: Shard, stored: readonly Stored[], rest: Omit<Kinesis.GetRecordsOutput, "Records">) {
    this.#shard = shard;
    this.#stored = stored;
    this.NextShardIterator = rest.NextShardIterator;
    this.MillisBehindLatest = rest.MillisBehindLatest ?? 0;
    this.ChildShards = rest.ChildShards;
  }

  get Records(): Kinesis.Record[] {
    return toldOf(this.#shard, this.#stored);
  }

  [json](): string {
    const { NextShardIterator, MillisBehindLatest, ChildShards } = this;
    const rest = JSON.stringify({ NextShardIterator, MillisBehindLatest, ChildShards });
    return `{"Records":${jsonOf(this.#shard, this.#stored)},${rest.slice(1)}`;
  }
}
