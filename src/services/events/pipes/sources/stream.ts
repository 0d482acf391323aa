import type * as Pipes from "#aws/contract/types/pipes.ts";
import type { PipeEvent } from "../event.ts";
import type { Pipe, Position } from "../store.ts";

/** A source that keeps what it has in the order in which it came, in shards. */
export interface StreamSource {
  /** In an order in which no shard comes before those that it took over from. */
  shards(): Promise<SourceShard[]>;
  /** Where a pipe begins that is started now. */
  beginning(shard: SourceShard): Promise<Position>;
  iterator(shard: string, at: Position): Promise<string>;
  read(shard: string, iterator: string, limit: number): Promise<Reading>;
  /** What the queue for dead letters is told of a batch besides its shard and numbers. */
  readonly batchInfo: "KinesisBatchInfo" | "DDBStreamBatchInfo";
}

export interface SourceShard {
  id: string;
  parents: string[];
  isOpen: boolean;
}

export interface Reading {
  events: StreamEvent[];
  /** `undefined` where nothing can come any more. */
  next: string | undefined;
}

export interface StreamEvent extends PipeEvent {
  sequence: string;
  /** What comes with the same key is handled in its order. */
  partition: string;
  /** Cloud time. */
  arrival: number;
}

export type StreamParameters = Partial<Pipes.PipeSourceKinesisStreamParameters>;

export const streamParameters = ({ sourceParameters }: Pick<Pipe, "sourceParameters">): StreamParameters =>
  sourceParameters.KinesisStreamParameters ?? sourceParameters.DynamoDBStreamParameters ?? {};
