import { CreateStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DescribePipeCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePipeCommand,
  type UpdatePipeCommandInput,
} from "@aws-sdk/client-pipes";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";
import { api, endOf, pipesOf, RoleArn } from "./piping.ts";

const cloud = conformanceCloud();
const pipes = pipesOf(cloud);
const kinesis = {
  send: ((command: never) =>
    new KinesisClient({ ...cloud.client(), requestHandler: new NodeHttpHandler() }).send(
      command,
    )) as KinesisClient["send"],
};
const TEMPLATE = '{"text": <$.body>}';

/** Creates a pipe from one queue to another. */
async function pipe(more: Partial<CreatePipeCommandInput> = {}) {
  const Name = name("pipe");
  const QueueName = name("from");
  const sqs = new SQSClient(cloud.client());
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const to = await endOf(cloud);
  await pipes(new CreatePipeCommand({ Name, RoleArn, Source: queue(QueueName), Target: to.arn, ...more }));
  await cloud.advance(1_000);
  return {
    put: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    to,
    ...after(Name),
  };
}

const after = (Name: string) => ({
  Name,
  /** Updates the pipe and returns its description once it has reached the desired state. */
  async updated(more: Partial<UpdatePipeCommandInput>) {
    await pipes(new UpdatePipeCommand({ Name, RoleArn, ...more }));
    await cloud.advance(1_000);
    return pipes(new DescribePipeCommand({ Name }));
  },
});

behaviour("the parameters of a queue are replaced as a whole", api("UpdatePipe"), async () => {
  const Filters = [{ Pattern: '{"body": {"a": [1]}}' }];
  const { updated } = await pipe({
    SourceParameters: {
      FilterCriteria: { Filters },
      SqsQueueParameters: { BatchSize: 5, MaximumBatchingWindowInSeconds: 20 },
    },
  });
  const { SourceParameters } = await updated({ SourceParameters: { SqsQueueParameters: { BatchSize: 3 } } });
  expect(SourceParameters).toEqual({ FilterCriteria: { Filters }, SqsQueueParameters: { BatchSize: 3 } });
  const now = await updated({ SourceParameters: { SqsQueueParameters: {} } });
  expect(now.SourceParameters!.SqsQueueParameters).toEqual({ BatchSize: 10 });
});

behaviour(
  "an empty filter criteria removes the filters",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/pipes/pipe_test.go",
  async () => {
    const Filters = [{ Pattern: '{"body": {"a": [1]}}' }];
    const { updated } = await pipe({ SourceParameters: { FilterCriteria: { Filters } } });
    const { SourceParameters } = await updated({ SourceParameters: { FilterCriteria: {} } });
    expect(SourceParameters).toEqual({ SqsQueueParameters: { BatchSize: 10 } });
  },
);

behaviour(
  "the parameters of a stream are replaced as a whole, except for the starting position",
  api("UpdatePipe"),
  async () => {
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const StateMachine = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m`;
    await cloud.advance(1_000);
    const { updated } = await pipe({
      Target: StateMachine,
      Source: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`,
      SourceParameters: {
        KinesisStreamParameters: {
          StartingPosition: "TRIM_HORIZON",
          BatchSize: 5,
          MaximumRetryAttempts: 3,
          DeadLetterConfig: { Arn: queue("dead") },
        },
      },
    });
    const { SourceParameters } = await updated({
      SourceParameters: { KinesisStreamParameters: { MaximumRetryAttempts: 4 } },
    });
    expect(SourceParameters!.KinesisStreamParameters).toEqual({
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 100,
      MaximumRetryAttempts: 4,
    });
  },
);

behaviour(
  "an empty dead-letter configuration removes that of a stream",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v6.0.0/internal/service/pipes/pipe_test.go",
  async () => {
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await cloud.advance(1_000);
    const { updated } = await pipe({
      Source: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`,
      SourceParameters: {
        KinesisStreamParameters: {
          StartingPosition: "LATEST",
          BatchSize: 5,
          DeadLetterConfig: { Arn: queue("dead") },
        },
      },
    });
    const { SourceParameters } = await updated({
      SourceParameters: { KinesisStreamParameters: { BatchSize: 5, DeadLetterConfig: {} } },
    });
    expect(SourceParameters!.KinesisStreamParameters).toEqual({ StartingPosition: "LATEST", BatchSize: 5 });
  },
);

behaviour(
  "only an explicit batch size is checked against the target's maximum",
  api("UpdatePipe"),
  async () => {
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await cloud.advance(1_000);
    const StartingPosition = "LATEST";
    const { updated } = await pipe({
      Source: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`,
      SourceParameters: { KinesisStreamParameters: { StartingPosition } },
    });
    expect(await updated({ Description: "second" })).toMatchObject({ CurrentState: "RUNNING" });
    await expect(
      updated({ SourceParameters: { KinesisStreamParameters: { BatchSize: 100 } } }),
    ).rejects.toMatchObject({ name: "ValidationException" });
    const { SourceParameters } = await updated({
      SourceParameters: { KinesisStreamParameters: { BatchSize: 10 } },
    });
    expect(SourceParameters!.KinesisStreamParameters).toEqual({ StartingPosition, BatchSize: 10 });
  },
);

behaviour("an empty list of filters removes the filters", api("FilterCriteria"), async () => {
  const { updated, put, to } = await pipe({
    SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body": ["wanted"]}' }] } },
  });
  await updated({ SourceParameters: { FilterCriteria: { Filters: [] } } });
  await put("other");
  expect(await to.taken()).toMatchObject([{ body: "other" }]);
});

behaviour("a template is kept until an empty text removes it", api("PipeTargetParameters"), async () => {
  const { updated, put, to } = await pipe({ TargetParameters: { InputTemplate: TEMPLATE } });
  const MessageGroupId = { SqsQueueParameters: { MessageGroupId: "$.messageId" } };
  const still = await updated({ TargetParameters: MessageGroupId });
  expect(still.TargetParameters).toEqual({ InputTemplate: TEMPLATE, ...MessageGroupId });
  const gone = await updated({ TargetParameters: { InputTemplate: "" } });
  expect(gone.TargetParameters).toEqual(MessageGroupId);
  await put("hello");
  expect(await to.taken()).toMatchObject([{ body: "hello" }]);
});

behaviour("an empty template counts as none", api("PipeTargetParameters"), async () => {
  const { put, to } = await pipe({ TargetParameters: { InputTemplate: "" } });
  await put("hello");
  expect(await to.taken()).toMatchObject([{ body: "hello" }]);
});

behaviour("changing the target removes the parameters of the former one", api("UpdatePipe"), async () => {
  const { updated } = await pipe({
    TargetParameters: { InputTemplate: TEMPLATE, SqsQueueParameters: { MessageGroupId: "g" } },
  });
  const Target = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  const description = await updated({ Target });
  expect(description).toMatchObject({ Target, CurrentState: "RUNNING" });
  expect(description.TargetParameters).toEqual({ InputTemplate: TEMPLATE });
});

behaviour("a pipe of another Region cannot be tagged", api("TagResource"), async () => {
  const { Name } = await pipe();
  const resourceArn = `arn:aws:pipes:eu-west-1:${ACCOUNT}:pipe/${Name}`;
  for (const command of [
    new TagResourceCommand({ resourceArn, tags: { a: "1" } }),
    new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }),
    new ListTagsForResourceCommand({ resourceArn }),
  ])
    await expect(pipes(command as TagResourceCommand)).rejects.toMatchObject({ name: "NotFoundException" });
});
