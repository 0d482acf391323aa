import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DeletePipeCommand,
  DescribePipeCommand,
  ListPipesCommand,
  ListTagsForResourceCommand,
  PipesClient,
  StartPipeCommand,
  StopPipeCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePipeCommand,
} from "@aws-sdk/client-pipes";
import {
  CreateQueueCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";

const cloud = conformanceCloud();
const api = (operation: string) => doc(`eventbridge/latest/pipes-reference/API_${operation}.html`);
const guide = (page: string) => doc(`eventbridge/latest/userguide/${page}.html`);
const pipes = {
  send: ((command: never) => new PipesClient(cloud.client()).send(command)) as PipesClient["send"],
};
const sqs = { send: ((command: never) => new SQSClient(cloud.client()).send(command)) as SQSClient["send"] };
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/pipe`;

/** Creates a pipe between two queues of its own. */
async function pipe(more: Partial<CreatePipeCommandInput> = {}) {
  const Name = name("pipe");
  const from = name("from");
  const to = name("to");
  const source = (await sqs.send(new CreateQueueCommand({ QueueName: from }))).QueueUrl!;
  const target = (await sqs.send(new CreateQueueCommand({ QueueName: to }))).QueueUrl!;
  const made = await pipes.send(
    new CreatePipeCommand({ Name, Source: queue(from), Target: queue(to), RoleArn, ...more }),
  );
  await cloud.advance(1_000);
  const texts = async () => {
    await cloud.advance(3_000);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: target, MaxNumberOfMessages: 10 }),
    );
    return Messages.map(({ Body }) => Body!);
  };
  return {
    Name,
    made,
    state: async () => (await pipes.send(new DescribePipeCommand({ Name }))).CurrentState,
    put: (MessageBody: string, MessageAttributes?: Record<string, MessageAttributeValue>) =>
      sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody, MessageAttributes })),
    texts,
    taken: async () => (await texts()).map((text) => JSON.parse(text)),
  };
}

behaviour("a created pipe starts running", api("CreatePipe"), async () => {
  const { Name, made, state } = await pipe();
  expect(made).toMatchObject({
    Arn: `arn:aws:pipes:us-east-1:${ACCOUNT}:pipe/${Name}`,
    CurrentState: "CREATING",
    DesiredState: "RUNNING",
  });
  expect(await state()).toBe("RUNNING");
});

behaviour("a pipe has a state reason and a creation time in whole seconds", api("DescribePipe"), async () => {
  const { Name } = await pipe();
  const { StateReason, CreationTime } = await pipes.send(new DescribePipeCommand({ Name }));
  expect(StateReason).toBe("User initiated");
  expect(CreationTime!.getTime() % 1_000).toBe(0);
  const { Pipes } = await pipes.send(new ListPipesCommand({ NamePrefix: Name }));
  expect(Pipes![0]!.StateReason).toBe("User initiated");
});

behaviour("a target receives each message as a record", guide("eb-pipes-sqs"), async () => {
  const { put, taken } = await pipe();
  const { MessageId, MD5OfMessageBody } = await put("hello");
  expect(await taken()).toMatchObject([
    {
      messageId: MessageId,
      body: "hello",
      md5OfBody: MD5OfMessageBody,
      eventSource: "aws:sqs",
      awsRegion: "us-east-1",
    },
  ]);
});

behaviour(
  "message attributes have the same form as in Lambda events",
  doc("lambda/latest/dg/with-sqs.html"),
  async () => {
    const { put, taken } = await pipe();
    await put("hello", { who: { DataType: "String", StringValue: "ann" } });
    const [{ messageAttributes, md5OfMessageAttributes }] = await taken();
    expect(messageAttributes).toEqual({
      who: { stringValue: "ann", stringListValues: [], binaryListValues: [], dataType: "String" },
    });
    expect(md5OfMessageAttributes).toMatch(/^[\da-f]{32}$/);
  },
);

behaviour("a message that matches no filter is dropped", guide("eb-pipes-event-filtering"), async () => {
  const Filters = [
    { Pattern: '{"body":{"kind":["good"]}}' },
    { Pattern: '{"body":{"size":[{"numeric":[">",5]}]}}' },
  ];
  const { put, taken } = await pipe({ SourceParameters: { FilterCriteria: { Filters } } });
  for (const body of ['{"kind":"bad"}', '{"kind":"good"}', '{"size":6}', "text"]) await put(body);
  const bodies = (await taken()).map(({ body }) => body);
  expect(bodies.sort()).toEqual(['{"kind":"good"}', '{"size":6}']);
});

behaviour(
  "an input template can refer to members of the parsed body",
  guide("eb-pipes-input-transformation"),
  async () => {
    const InputTemplate = '{"who": <$.body.who>, "text": "from <aws.pipes.pipe-name>"}';
    const { Name, put, taken } = await pipe({ TargetParameters: { InputTemplate } });
    await put('{"who":{"id":1}}');
    expect(await taken()).toEqual([{ who: { id: 1 }, text: `from ${Name}` }]);
  },
);

behaviour(
  "a template that is a path or free text yields plain text",
  "https://github.com/aws/aws-cdk/blob/main/packages/%40aws-cdk/aws-pipes-targets-alpha/test/integ.sqs.ts",
  async () => {
    for (const [InputTemplate, body, made] of [
      ["<$.body>", "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "6a7e8feb-b491-4cf7-a9f1-bf3703467718"],
      ["<$.body>", '{"a":[1]}', { a: [1] }],
      ["<$.body.a>", '{"a":"x"}', "x"],
      ["<$.body.a>", '{"a":12345678901234567890}', "12345678901234567890"],
      ["Hello, <$.body.who>", '{"who":"\\"ann\\""}', 'Hello, "ann"'],
      ["Hello, sender", "x", "Hello, sender"],
      ['"Hello, <$.body>"', "ann", '"Hello, ann"'],
      ["[<$.body>]", "ann", ["ann"]],
    ] as const) {
      const { put, texts } = await pipe({ TargetParameters: { InputTemplate } });
      await put(body);
      expect(await texts()).toEqual([typeof made === "string" ? made : JSON.stringify(made)]);
    }
  },
);

behaviour("a stopped pipe reads nothing until it is started", api("StopPipe"), async () => {
  const { Name, put, taken, state } = await pipe();
  expect((await pipes.send(new StopPipeCommand({ Name }))).CurrentState).toBe("STOPPING");
  await cloud.advance(1_000);
  expect(await state()).toBe("STOPPED");
  await put("late");
  expect(await taken()).toEqual([]);
  await pipes.send(new StartPipeCommand({ Name }));
  expect(await taken()).toMatchObject([{ body: "late" }]);
});

behaviour("a deleted pipe is not found", api("DeletePipe"), async () => {
  const { Name, state } = await pipe();
  expect((await pipes.send(new DeletePipeCommand({ Name }))).CurrentState).toBe("DELETING");
  await cloud.advance(1_000);
  await expect(state()).rejects.toMatchObject({ name: "NotFoundException" });
});

behaviour("a pipe name is unique", api("CreatePipe"), async () => {
  const { Name } = await pipe();
  await expect(pipe({ Name })).rejects.toMatchObject({ name: "ConflictException" });
});

behaviour("DescribePipe of a missing pipe fails", api("DescribePipe"), async () => {
  for (const command of [
    new DescribePipeCommand({ Name: "none" }),
    new StartPipeCommand({ Name: "none" }),
    new StopPipeCommand({ Name: "none" }),
    new DeletePipeCommand({ Name: "none" }),
  ]) {
    await expect(pipes.send(command as never)).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Pipe none does not exist.",
      $metadata: { httpStatusCode: 404 },
    });
  }
});

behaviour("a pipe with a missing source fails and gives the reason", api("DescribePipe"), async () => {
  const Name = name("pipe");
  await pipes.send(
    new CreatePipeCommand({ Name, Source: queue("nowhere"), Target: queue("nowhere"), RoleArn }),
  );
  await cloud.advance(1_000);
  expect(await pipes.send(new DescribePipeCommand({ Name }))).toMatchObject({
    CurrentState: "CREATE_FAILED",
    DesiredState: "RUNNING",
    StateReason: expect.stringMatching(/^Input parameter is invalid from the request due to : /),
  });
});

behaviour("a pipe may be created in the stopped state", api("CreatePipe"), async () => {
  const { put, taken, state } = await pipe({ DesiredState: "STOPPED" });
  expect(await state()).toBe("STOPPED");
  await put("kept");
  expect(await taken()).toEqual([]);
});

behaviour("DescribePipe returns a pipe as it was created", api("DescribePipe"), async () => {
  const { Name } = await pipe({ Description: "text", Tags: { team: "a" } });
  expect(await pipes.send(new DescribePipeCommand({ Name }))).toMatchObject({
    Name,
    Description: "text",
    RoleArn,
    CurrentState: "RUNNING",
    DesiredState: "RUNNING",
    SourceParameters: { SqsQueueParameters: { BatchSize: 10 } },
    Tags: { team: "a" },
  });
});

behaviour("UpdatePipe changes only the given members", api("UpdatePipe"), async () => {
  const { Name } = await pipe({ Description: "first" });
  const updated = await pipes.send(new UpdatePipeCommand({ Name, RoleArn, Description: "second" }));
  expect(updated.CurrentState).toBe("UPDATING");
  await cloud.advance(1_000);
  expect(await pipes.send(new DescribePipeCommand({ Name }))).toMatchObject({
    CurrentState: "RUNNING",
    Description: "second",
    SourceParameters: { SqsQueueParameters: { BatchSize: 10 } },
  });
});

behaviour("a pipe in transition refuses another change", api("StopPipe"), async () => {
  const { Name } = await pipe();
  await pipes.send(new StopPipeCommand({ Name }));
  await cloud.advance(1_000);
  await expect(pipes.send(new StopPipeCommand({ Name }))).rejects.toMatchObject({
    name: "ConflictException",
    $metadata: { httpStatusCode: 409 },
  });
});

const fields = (Name: string, Message: string | RegExp) => ({
  name: "ValidationException",
  message: expect.stringContaining(`{"ValidationErrorFields":[{"Name":"${Name}","Message":"${Message}`),
  $metadata: { httpStatusCode: 400 },
});
const wrong: [string, Partial<CreatePipeCommandInput>, object, string][] = [
  [
    "a FIFO queue as a target requires a message group ID",
    { Target: queue("to.fifo") },
    fields("TargetParameters.SqsQueueParameters.MessageGroupId", "Missing required parameter."),
    "PipeTargetSqsQueueParameters",
  ],
  [
    "a stream as a target requires a partition key",
    { Target: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s` },
    fields("TargetParameters.KinesisStreamParameters", "Missing required parameter."),
    "PipeTargetKinesisStreamParameters",
  ],
  [
    "a batch of more than ten messages requires a batching window",
    { SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } },
    fields("MaximumBatchingWindowInSeconds", "MaximumBatchingWindowInSeconds must be greater than 0"),
    "PipeSourceSqsQueueParameters",
  ],
  [
    "a filter that is not a valid event pattern is refused",
    { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":1}' }] } } },
    { name: "ValidationException" },
    "Filter",
  ],
  [
    "a name of more than 64 characters is refused",
    { Name: "x".repeat(65) },
    { name: "ValidationException" },
    "CreatePipe",
  ],
];
for (const [what, more, error, page] of wrong) {
  behaviour(what, api(page), async () => {
    await expect(pipe(more)).rejects.toMatchObject(error);
  });
}

behaviour(
  "tag keys that begin with aws: are reserved",
  doc("tag-editor/latest/userguide/best-practices-and-strats.html"),
  async () => {
    const tags = { "AWS:team": "a" };
    const reserved = {
      name: "ValidationException",
      message: "Tag keys beginning with aws: are reserved for system use.",
    };
    await expect(pipe({ Tags: tags })).rejects.toMatchObject(reserved);
    const { made } = await pipe();
    const command = new TagResourceCommand({ resourceArn: made.Arn, tags });
    await expect(pipes.send(command)).rejects.toMatchObject(reserved);
  },
);

behaviour("TagResource and UntagResource change single tags", api("TagResource"), async () => {
  const { made } = await pipe({ Tags: { a: "1", b: "2" } });
  const resourceArn = made.Arn!;
  await pipes.send(new TagResourceCommand({ resourceArn, tags: { a: "3" } }));
  await pipes.send(new UntagResourceCommand({ resourceArn, tagKeys: ["b", "none"] }));
  expect((await pipes.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ a: "3" });
});

behaviour(
  "a template may use the ARNs of the pipe, its source and its target",
  guide("eb-pipes-input-transformation"),
  async () => {
    const InputTemplate =
      '{"pipe": "<aws.pipes.pipe-arn>", "from": "<aws.pipes.source-arn>", "to": "<aws.pipes.target-arn>", "whole": <aws.pipes.event.json>}';
    const { made, put, taken } = await pipe({ TargetParameters: { InputTemplate } });
    await put('{"a":1}');
    expect(await taken()).toMatchObject([
      {
        pipe: made.Arn,
        from: expect.stringMatching(/^arn:aws:sqs:us-east-1:\d{12}:from-/),
        to: expect.stringMatching(/^arn:aws:sqs:us-east-1:\d{12}:to-/),
        whole: { eventSource: "aws:sqs", body: { a: 1 } },
      },
    ]);
  },
);

behaviour("ListPipes filters by source and by state", api("ListPipes"), async () => {
  const { Name } = await pipe({ DesiredState: "STOPPED" });
  const { Source } = await pipes.send(new DescribePipeCommand({ Name }));
  const names = async (more: object) =>
    (await pipes.send(new ListPipesCommand({ SourcePrefix: Source!, ...more }))).Pipes!.map(
      (one) => one.Name,
    );
  expect(await names({ CurrentState: "STOPPED" })).toEqual([Name]);
  expect(await names({ CurrentState: "RUNNING" })).toEqual([]);
});

behaviour("a page of ListPipes is filled with matching pipes", api("ListPipes"), async () => {
  for (const [n, DesiredState] of (["STOPPED", "RUNNING", "RUNNING", "STOPPED"] as const).entries())
    await pipe({ Name: `paged-${n}`, DesiredState });
  const query = { NamePrefix: "paged-", DesiredState: "STOPPED", Limit: 2 } as const;
  const { Pipes, NextToken } = await pipes.send(new ListPipesCommand(query));
  expect(Pipes!.map(({ Name }) => Name)).toEqual(["paged-0", "paged-3"]);
  expect(NextToken).toBeUndefined();
  const first = await pipes.send(new ListPipesCommand({ ...query, Limit: 1 }));
  expect(first.Pipes!.map(({ Name }) => Name)).toEqual(["paged-0"]);
  const second = await pipes.send(new ListPipesCommand({ ...query, Limit: 1, NextToken: first.NextToken! }));
  expect(second.Pipes!.map(({ Name }) => Name)).toEqual(["paged-3"]);
});

behaviour("ListPipes filters by prefix", api("ListPipes"), async () => {
  const { Name } = await pipe();
  const { Pipes } = await pipes.send(new ListPipesCommand({ NamePrefix: Name }));
  expect(Pipes!.map((one) => one.Name)).toContain(Name);
});
