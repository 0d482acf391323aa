import type * as Pipes from "#aws/contract/types/pipes.ts";
import { collection, type Place } from "#kernel/records/collection.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Pipe {
  name: string;
  description?: string | undefined;
  source: string;
  sourceParameters: Pipes.PipeSourceParameters;
  enrichment?: string | undefined;
  enrichmentParameters?: Pipes.PipeEnrichmentParameters | undefined;
  target: string;
  targetParameters?: Pipes.PipeTargetParameters | undefined;
  role: string;
  logging?: Pipes.PipeLogConfiguration | undefined;
  kmsKey?: string | undefined;
  tags: Record<string, string>;
  desired: Pipes.RequestedPipeStateDescribeResponse;
  current: Pipes.PipeState;
  /** The reason for its state. */
  reason?: string | undefined;
  created: Time;
  modified: Time;
  /** Changes with each request, so that loops of an older revision end. */
  revision: number;
}

/** The position at which reading a shard continues. */
export type Position =
  | { type: "TRIM_HORIZON" }
  | { type: "AT_TIMESTAMP"; time: Time }
  | { type: "AFTER_SEQUENCE_NUMBER"; sequence: string };

/**
 * The position of a pipe in a shard of its source. A pipe that handles several batches of a shard at a time has
 * several lanes: each reads the whole shard, and takes the records of its share of the partition keys.
 */
export interface Cursor {
  pipe: string;
  shard: string;
  lane: number;
  at: Position;
  /** Whether the shard is closed and completely processed. */
  isDone: boolean;
  /** The number of failures of the batch that begins here. */
  failures: number;
  /** The size of the next batch, after one was halved. */
  size?: number | undefined;
  /** The pipe's revision for which a loop is reading. */
  revision?: number | undefined;
}

export const pipes = collection<Pipe>("pipes/pipe", { scope: "region", key: (p) => [p.name] });
export const cursors = collection<Cursor>("pipes/cursor", {
  scope: "region",
  key: (c) => [c.pipe, c.shard, c.lane],
});

export const pipeArn = ({ account, region }: Place, name: string) =>
  `arn:aws:pipes:${region}:${account}:pipe/${name}`;
