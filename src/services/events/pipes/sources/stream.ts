import type * as Pipes from "#aws/contract/types/pipes.ts";
import type { PipeEvent } from "../event.ts";
import type { Pipe, Position } from "../store.ts";

/** A source with ordered records in shards. */
export interface StreamSource {
  /** Parents before their children. */
  shards(): Promise<SourceShard[]>;
  /** The starting position of a pipe that is started now. */
  beginning(shard: SourceShard): Promise<Position>;
  iterator(shard: string, at: Position): Promise<string>;
  read(shard: string, iterator: string, limit: number): Promise<Reading>;
  /** The member that describes a lost batch in a dead letter. */
  readonly batchInfo: "KinesisBatchInfo" | "DDBStreamBatchInfo";
}

export interface SourceShard {
  id: string;
  parents: string[];
  isOpen: boolean;
}

export interface Reading {
  events: StreamEvent[];
  /** `undefined` at the end of a closed shard. */
  next: string | undefined;
}

export interface StreamEvent extends PipeEvent {
  sequence: string;
  /** Records with the same key are handled in their order. */
  partition: string;
  /** Cloud time. */
  arrival: number;
}

export type StreamParameters = Partial<Pipes.PipeSourceKinesisStreamParameters>;

export const streamParameters = ({ sourceParameters }: Pick<Pipe, "sourceParameters">): StreamParameters =>
  sourceParameters.KinesisStreamParameters ?? sourceParameters.DynamoDBStreamParameters ?? {};
