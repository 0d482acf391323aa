import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
} from "@aws-sdk/client-kinesis";
import { CreatePipeCommand, type PipeTargetParameters } from "@aws-sdk/client-pipes";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { firehoseOf, arn as streamArn } from "../firehose/firehose.ts";
import { ACCOUNT, name, queue } from "./client.ts";
import { api, endOf, guide, pipesOf, RoleArn } from "./piping.ts";

const cloud = conformanceCloud();
const pipes = pipesOf(cloud);
const firehose = firehoseOf(cloud);
const sqs = () => new SQSClient(cloud.client());

/** Creates a pipe from a new queue to this target. */
async function pipeTo(Target: string, TargetParameters: PipeTargetParameters = {}) {
  const QueueName = name("from");
  const { QueueUrl } = await sqs().send(new CreateQueueCommand({ QueueName }));
  const Name = name("pipe");
  await pipes(new CreatePipeCommand({ Name, RoleArn, Source: queue(QueueName), Target, TargetParameters }));
  await cloud.advance(1_000);
  return (MessageBody: string) => sqs().send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

behaviour(
  "a stream may be the target, with a partition key from the event",
  api("PipeTargetKinesisStreamParameters"),
  async () => {
    const kinesis = new KinesisClient({ ...cloud.client(), requestHandler: new NodeHttpHandler() });
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await cloud.advance(1_000);
    const put = await pipeTo(`arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`, {
      InputTemplate: "<$.body>",
      KinesisStreamParameters: { PartitionKey: "$.body.who" },
    });
    await put('{"who":"ann"}');
    await cloud.advance(2_000);
    const ShardId = "shardId-000000000000";
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records.map(({ PartitionKey, Data }) => [PartitionKey, Buffer.from(Data!).toString()])).toEqual([
      ["ann", '{"who":"ann"}'],
    ]);
  },
);

behaviour("a topic may be the target", guide("eb-pipes-event-target"), async () => {
  const sns = new SNSClient(cloud.client());
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name("topic") }));
  const to = await endOf(cloud, {
    Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
  });
  const Attributes = { RawMessageDelivery: "true" };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: to.arn, Attributes }));
  const put = await pipeTo(TopicArn!, { InputTemplate: '{"text": <$.body>}' });
  await put("hello");
  expect(await to.taken()).toEqual([{ text: "hello" }]);
});

behaviour("a delivery stream may be the target", guide("eb-pipes-event-target"), async () => {
  const { DeliveryStreamName, delivered } = await firehose.stream();
  const put = await pipeTo(streamArn(DeliveryStreamName), { InputTemplate: '{"text": <$.body>}' });
  await put("hello");
  await cloud.advance(2_000);
  expect([...(await delivered()).values()]).toEqual(['{"text": "hello"}']);
});
