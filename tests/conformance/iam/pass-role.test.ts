import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreatePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import {
  CreateBucketCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  CreateTopicCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { firehoseOf, arn as streamArn } from "../firehose/firehose.ts";

const cloud = conformanceCloud();
const firehose = firehoseOf(cloud);
const PASSING = doc("IAM/latest/UserGuide/id_roles_use_passrole.html");
const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const role = (account: string) => `arn:aws:iam::${account}:role/anything`;
const queue = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;

const events = () => new EventBridgeClient(cloud.client());
const sns = (account = ACCOUNT) => new SNSClient(cloud.client({ account }));
const rule = { Name: "rule", ScheduleExpression: "rate(1 day)" };
const topicOf = async (account: string) =>
  (await sns(account).send(new CreateTopicCommand({ Name: "topic" }))).TopicArn!;
const subscription = (TopicArn: string, Endpoint: string, SubscriptionRoleArn: string) =>
  new SubscribeCommand({
    TopicArn,
    Protocol: "firehose",
    Endpoint,
    Attributes: { SubscriptionRoleArn },
    ReturnSubscriptionArn: true,
  });

/** Calls that pass the role of an account to a service. */
const calls: Record<string, (RoleArn: string) => Promise<unknown>> = {
  PutRule: (RoleArn) => events().send(new PutRuleCommand({ ...rule, RoleArn })),
  async PutTargets(RoleArn) {
    await events().send(new PutRuleCommand(rule));
    const Targets = [{ Id: "t", Arn: queue("q"), RoleArn }];
    return events().send(new PutTargetsCommand({ Rule: rule.Name, Targets }));
  },
  CreateSchedule: (RoleArn) =>
    new SchedulerClient(cloud.client()).send(
      new CreateScheduleCommand({
        Name: `of-${RoleArn.split(":")[4]}`,
        ScheduleExpression: "rate(1 day)",
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn: queue("q"), RoleArn },
      }),
    ),
  CreatePipe: (RoleArn) =>
    new PipesClient(cloud.client()).send(
      new CreatePipeCommand({
        Name: `of-${RoleArn.split(":")[4]}`,
        Source: queue("from"),
        Target: queue("to"),
        RoleArn,
      }),
    ),
  async Subscribe(RoleArn) {
    return sns().send(subscription(await topicOf(ACCOUNT), streamArn("one"), RoleArn));
  },
  async SetSubscriptionAttributes(AttributeValue) {
    const { SubscriptionArn } = await sns().send(
      subscription(await topicOf(ACCOUNT), streamArn("another"), role(ACCOUNT)),
    );
    return sns().send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "SubscriptionRoleArn",
        AttributeValue,
      }),
    );
  },
  async PutBucketReplication(Role) {
    const s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
    for (const Bucket of ["replicated-from", "replicated-to"]) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      await s3.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
      );
    }
    const Rules = [
      { Status: "Enabled" as const, Prefix: "", Destination: { Bucket: "arn:aws:s3:::replicated-to" } },
    ];
    return s3.send(
      new PutBucketReplicationCommand({
        Bucket: "replicated-from",
        ReplicationConfiguration: { Role, Rules },
      }),
    );
  },
};

for (const [operation, call] of Object.entries(calls))
  behaviour(`${operation} accepts only a role of the caller's account`, PASSING, async () => {
    await new SQSClient(cloud.client()).send(new CreateQueueCommand({ QueueName: "from" }));
    await expect(call(role(OTHER))).rejects.toMatchObject({
      name: expect.stringMatching(/^(AccessDenied|AuthorizationError)/),
      message: "Cross-account pass role is not allowed.",
    });
    await expect(call(role(ACCOUNT))).resolves.toBeDefined();
  });

behaviour(
  "a topic delivers only to delivery streams of the subscriber's account",
  doc("sns/latest/dg/firehose-endpoints-subscribe.html"),
  async () => {
    const { DeliveryStreamName, delivered } = await firehose.stream();
    for (const account of [OTHER, ACCOUNT]) {
      const TopicArn = await topicOf(account);
      await sns(account).send(subscription(TopicArn, streamArn(DeliveryStreamName), role(account)));
      await sns(account).send(new PublishCommand({ TopicArn, Message: `from ${account}` }));
    }
    const text = [...(await delivered()).values()].join("");
    expect(text).toContain(`from ${ACCOUNT}`);
    expect(text).not.toContain(`from ${OTHER}`);
  },
);
