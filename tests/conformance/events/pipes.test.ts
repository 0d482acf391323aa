import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DeletePipeCommand,
  DescribePipeCommand,
  ListPipesCommand,
  PipesClient,
  StartPipeCommand,
  StopPipeCommand,
} from "@aws-sdk/client-pipes";
import {
  CreateQueueCommand,
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

/** A pipe between two queues of its own. */
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
  return {
    Name,
    made,
    state: async () => (await pipes.send(new DescribePipeCommand({ Name }))).CurrentState,
    put: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody })),
    async taken() {
      await cloud.advance(3_000);
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: target, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body }) => JSON.parse(Body!));
    },
  };
}

behaviour("a pipe is created, and runs then", api("CreatePipe"), async () => {
  const { Name, made, state } = await pipe();
  expect(made).toMatchObject({
    Arn: `arn:aws:pipes:us-east-1:${ACCOUNT}:pipe/${Name}`,
    CurrentState: "CREATING",
    DesiredState: "RUNNING",
  });
  expect(await state()).toBe("RUNNING");
});

behaviour("a target gets each message as a record", guide("eb-pipes-sqs"), async () => {
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

behaviour("what no filter wants is dropped", guide("eb-pipes-event-filtering"), async () => {
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
  "a template makes the input, with the body looked into",
  guide("eb-pipes-input-transformation"),
  async () => {
    const InputTemplate = '{"who": <$.body.who>, "text": "from <aws.pipes.pipe-name>"}';
    const { Name, put, taken } = await pipe({ TargetParameters: { InputTemplate } });
    await put('{"who":{"id":1}}');
    expect(await taken()).toEqual([{ who: { id: 1 }, text: `from ${Name}` }]);
  },
);

behaviour("a pipe that is stopped takes nothing until it is started", api("StopPipe"), async () => {
  const { Name, put, taken, state } = await pipe();
  expect((await pipes.send(new StopPipeCommand({ Name }))).CurrentState).toBe("STOPPING");
  await cloud.advance(1_000);
  expect(await state()).toBe("STOPPED");
  await put("late");
  expect(await taken()).toEqual([]);
  await pipes.send(new StartPipeCommand({ Name }));
  expect(await taken()).toMatchObject([{ body: "late" }]);
});

behaviour("a pipe that is deleted is gone", api("DeletePipe"), async () => {
  const { Name, state } = await pipe();
  expect((await pipes.send(new DeletePipeCommand({ Name }))).CurrentState).toBe("DELETING");
  await cloud.advance(1_000);
  await expect(state()).rejects.toMatchObject({ name: "NotFoundException" });
});

behaviour("a pipe's name is taken once", api("CreatePipe"), async () => {
  const { Name } = await pipe();
  await expect(pipe({ Name })).rejects.toMatchObject({ name: "ConflictException" });
});

behaviour("pipes are listed by prefix", api("ListPipes"), async () => {
  const { Name } = await pipe();
  const { Pipes } = await pipes.send(new ListPipesCommand({ NamePrefix: Name }));
  expect(Pipes!.map((one) => one.Name)).toContain(Name);
});
