import {
  CreateEventBusCommand,
  PutRuleCommand,
  PutTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, arn, guide, invalid, name, PATTERN, queue, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/target`;
const of = (service: string, resource: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;

async function put(...Targets: Target[]) {
  const Rule = name("rule");
  await send(new PutRuleCommand({ Name: Rule, EventPattern: PATTERN }));
  return { Rule, ...(await send(new PutTargetsCommand({ Rule, Targets }))) };
}

const target = (more: Partial<Target> = {}): Target => ({ Id: "a", Arn: queue("q"), ...more });
const transformer = (InputTemplate: string, InputPathsMap: Record<string, string> = {}) =>
  target({ InputTransformer: { InputTemplate, InputPathsMap } });

describe("a target is refused", () => {
  const PARAMETERS = api("Target");
  const INPUT = guide("eb-transform-target-input");
  const DLQ = guide("eb-rule-dlq");
  const refused: [what: string, source: string, target: Target, message: string][] = [
    [
      "of an unsupported service",
      guide("eb-targets"),
      target({ Arn: `arn:aws:iam::${ACCOUNT}:role/r` }),
      "iam is not a supported service for a target.",
    ],
    [
      "whose ARN has invalid characters",
      api("Target"),
      target({ Arn: queue("\u0000".repeat(1_500)) }),
      `Parameter ${queue("\u0000".repeat(1_500))} is not valid. Reason: Provided Arn is not in correct format.`,
    ],
    [
      "that is a bucket",
      guide("eb-targets"),
      target({ Arn: "arn:aws:s3:::bucket" }),
      "s3 is not a supported service for a target.",
    ],
    [
      "that is a bus without a role",
      guide("eb-use-resource-based"),
      target({ Arn: arn("event-bus/default") }),
      `RoleArn is required for target ${arn("event-bus/default")}.`,
    ],
    [
      "that is a delivery stream without a role",
      guide("eb-use-resource-based"),
      target({ Arn: of("firehose", "deliverystream/d") }),
      `RoleArn is required for target ${of("firehose", "deliverystream/d")}.`,
    ],
    [
      "that is a queue with KinesisParameters",
      PARAMETERS,
      target({ KinesisParameters: { PartitionKeyPath: "$.id" } }),
      "Parameter(s) KinesisParameters not supported for target: a.",
    ],
    [
      "that is a queue with HttpParameters",
      PARAMETERS,
      target({ HttpParameters: { PathParameterValues: ["x"] } }),
      "Parameter(s) HttpParameters not supported for target: a.",
    ],
    [
      "that is a function with EcsParameters",
      PARAMETERS,
      target({
        Arn: of("lambda", "function:f"),
        EcsParameters: { TaskDefinitionArn: of("ecs", "task-definition/t") },
      }),
      "Parameter(s) EcsParameters not supported for target: a.",
    ],
    [
      "whose InputPath does not begin with $",
      PARAMETERS,
      target({ InputPath: "detail.state" }),
      "InputPath for target a is invalid.",
    ],
    [
      "whose InputPath has a quoted name",
      PARAMETERS,
      target({ InputPath: "$.detail['key']" }),
      "InputPath for target a is invalid.",
    ],
    [
      "whose InputPathsMap has an invalid path",
      INPUT,
      transformer('"<k>"', { k: "detail.key" }),
      "InputPath for target a is invalid.",
    ],
    [
      "whose template has an unknown variable",
      INPUT,
      transformer('"<undeclared>"'),
      "InputTemplate for target a contains invalid placeholder undeclared.",
    ],
    [
      "whose template has the whole event in a string",
      INPUT,
      transformer('"event was <aws.events.event.json> today"'),
      "InputTemplate for target a contains placeholder aws.events.event.json valid only for JSON template.",
    ],
    [
      "whose template has the whole event in a list",
      INPUT,
      transformer("[<aws.events.event.json>]"),
      "InputTemplate for target a contains placeholder aws.events.event.json valid only for JSON template.",
    ],
    [
      "whose dead-letter queue is a topic",
      DLQ,
      target({ DeadLetterConfig: { Arn: of("sns", "t") } }),
      "sns is not supported as a dead letter resource.",
    ],
    [
      "whose dead-letter queue is a FIFO queue",
      DLQ,
      target({ DeadLetterConfig: { Arn: queue("q.fifo") } }),
      "SQS FIFO is not supported by Dead Letter Queues.",
    ],
  ];
  for (const [what, source, wrong, message] of refused) {
    behaviour(what, source, async () => {
      await expect(put(wrong)).rejects.toMatchObject(invalid(message));
    });
  }
  behaviour("that is a stream without a role", guide("eb-use-resource-based"), async () => {
    const Arn = of("kinesis", "stream/s");
    await expect(put(target({ Arn }))).rejects.toMatchObject(
      invalid(new RegExp(`^Rule rule-\\d+ does not have RoleArn assigned to invoke target ${Arn}\\.$`)),
    );
  });
  behaviour(
    "unless its rule has a role",
    "https://github.com/hashicorp/terraform-provider-aws/blob/v1.60.0/aws/resource_aws_cloudwatch_event_target_test.go",
    async () => {
      const Rule = name("rule");
      await send(new PutRuleCommand({ Name: Rule, EventPattern: PATTERN, RoleArn }));
      const Targets = [target({ Arn: of("kinesis", "stream/s") })];
      expect(await send(new PutTargetsCommand({ Rule, Targets }))).toMatchObject({ FailedEntryCount: 0 });
    },
  );
  behaviour("whose ID is used by another target of the request", api("PutTargets"), async () => {
    await expect(put(target(), target({ Arn: queue("other") }))).rejects.toMatchObject(
      invalid("Parameter targets is not valid. Reason: More than one target with Id 'a' is provided."),
    );
  });
  behaviour("whose dead-letter queue is of another Region", DLQ, async () => {
    const Arn = `arn:aws:sqs:us-west-2:${ACCOUNT}:q`;
    await expect(put(target({ DeadLetterConfig: { Arn } }))).rejects.toMatchObject({
      name: "ValidationException",
    });
  });
  behaviour("as is a new bus whose dead-letter queue is a topic", api("CreateEventBus"), async () => {
    const DeadLetterConfig = { Arn: of("sns", "t") };
    await expect(
      send(new CreateEventBusCommand({ Name: name("bus"), DeadLetterConfig })),
    ).rejects.toMatchObject(invalid("sns is not supported as a dead letter resource."));
  });
});

describe("a target is accepted", () => {
  const taken: [what: string, source: string, target: Target][] = [
    ["whose InputPath is the whole event", api("Target"), target({ InputPath: "$" })],
    ["whose InputPath has an index", api("Target"), target({ InputPath: "$.detail.a[0]" })],
    ["whose input is a JSON string", api("Target"), target({ Input: '"hello"' })],
    [
      "whose template has the whole event in an object",
      guide("eb-transform-target-input"),
      transformer('{"e": <aws.events.event.json>}'),
    ],
    [
      "that is a standard queue with a message group ID",
      api("SqsParameters"),
      target({ SqsParameters: { MessageGroupId: "g" } }),
    ],
    [
      "that is a stream without parameters",
      api("Target"),
      target({ Arn: of("kinesis", "stream/s"), RoleArn }),
    ],
    ["that is a log group without a role", api("Target"), target({ Arn: of("logs", "log-group:/g") })],
  ];
  for (const [what, source, right] of taken) {
    behaviour(what, source, async () => {
      expect(await put(right)).toMatchObject({ FailedEntryCount: 0, FailedEntries: [] });
    });
  }
});
