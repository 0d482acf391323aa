import type * as Pipes from "#aws/contract/types/pipes.ts";
import { collection, type Place } from "#kernel/collection.ts";

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
  /** Why it is in its state, told once it is there. */
  reason?: string | undefined;
  created: Time;
  modified: Time;
  /** Of what was said last: a loop knows by it whether it is still wanted. */
  revision: number;
}

/** Where a reading of a shard goes on. */
export type Position =
  | { type: "TRIM_HORIZON" }
  | { type: "AT_TIMESTAMP"; time: Time }
  | { type: "AFTER_SEQUENCE_NUMBER"; sequence: string };

/**
 * How far a pipe has come in a shard of its source. Where it handles several batches of a shard at a time, each of them
 * reads the whole shard and takes what its share of the partition keys has: a lane.
 */
export interface Cursor {
  pipe: string;
  shard: string;
  lane: number;
  at: Position;
  /** All that was in the shard is handled, and it takes no more. */
  isDone: boolean;
  /** How often the batch that begins here has failed. */
  failures: number;
  /** Of the next batch, after one was halved. */
  size?: number | undefined;
  /** The pipe's revision for which a loop reads here. */
  revision?: number | undefined;
}

export const pipes = collection<Pipe>("pipes/pipe", { scope: "region", key: (p) => [p.name] });
export const cursors = collection<Cursor>("pipes/cursor", {
  scope: "region",
  key: (c) => [c.pipe, c.shard, c.lane],
});

export const pipeArn = ({ account, region }: Place, name: string) =>
  `arn:aws:pipes:${region}:${account}:pipe/${name}`;
