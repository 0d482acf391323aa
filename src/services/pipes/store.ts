import type * as Pipes from "#aws/contract/types/pipes.ts";
import { collection, type Place } from "#kernel/collection.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Pipe {
  name: string;
  description?: string | undefined;
  source: string;
  sourceParameters: Pipes.PipeSourceParameters;
  target: string;
  targetParameters?: Pipes.PipeTargetParameters | undefined;
  role: string;
  kmsKey?: string | undefined;
  logging?: Pipes.PipeLogConfigurationParameters | undefined;
  tags: Record<string, string>;
  desired: Pipes.RequestedPipeStateDescribeResponse;
  current: Pipes.PipeState;
  /** Why it is in a state that nobody wanted. */
  reason?: string | undefined;
  created: Time;
  modified: Time;
  /** Of what was said last: a loop knows by it whether it is still wanted. */
  revision: number;
}

export const pipes = collection<Pipe>("pipes/pipe", { scope: "region", key: (p) => [p.name] });

export const pipeArn = ({ account, region }: Place, name: string) =>
  `arn:aws:pipes:${region}:${account}:pipe/${name}`;
