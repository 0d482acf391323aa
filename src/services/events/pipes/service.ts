import { type AccessFact, passRoleFacts } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { defineService } from "#kernel/service.ts";
import { flow } from "./flow.ts";
import { pipeOperations } from "./pipes.ts";
import { judge } from "./request-model.ts";
import { settling } from "./settling.ts";
import { readLane } from "./sources/lane.ts";
import { tellOfLoss } from "./sources/loss.ts";
import { pipeArn } from "./store.ts";

const fact = (action: string, resource: string): AccessFact => ({ action: `pipes:${action}`, resource });
const onPipe =
  (action: string) =>
  (ctx: Context, { Name }: { Name: string }) => [fact(action, pipeArn(ctx, Name))];
/** Creating or updating a pipe requires `iam:PassRole` for its role. */
const withRole =
  (action: string) =>
  (ctx: Context, { Name, RoleArn }: { Name: string; RoleArn: string }) => [
    fact(action, pipeArn(ctx, Name)),
    ...passRoleFacts([RoleArn]),
  ];
const onResource =
  (action: string) =>
  (_: Context, { resourceArn }: { resourceArn: string }) => [fact(action, resourceArn)];

export const pipeJobs = [settling.job, flow, readLane, tellOfLoss];

/** Shares the buses' records: a pipe calls the API destinations that are kept there. */
export const pipes = defineService({
  id: "pipes",
  store: "events",
  operations: [pipeOperations],
  judge,
  access: {
    CreatePipe: withRole("CreatePipe"),
    UpdatePipe: withRole("UpdatePipe"),
    DescribePipe: onPipe("DescribePipe"),
    StartPipe: onPipe("StartPipe"),
    StopPipe: onPipe("StopPipe"),
    DeletePipe: onPipe("DeletePipe"),
    ListPipes: (ctx) => [fact("ListPipes", pipeArn(ctx, "*"))],
    TagResource: onResource("TagResource"),
    UntagResource: onResource("UntagResource"),
    ListTagsForResource: onResource("ListTagsForResource"),
  },
});
