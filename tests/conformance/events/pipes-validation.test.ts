import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DescribePipeCommand,
  PipesClient,
} from "@aws-sdk/client-pipes";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";

const cloud = conformanceCloud();
const api = (page: string) => doc(`eventbridge/latest/pipes-reference/API_${page}.html`);
const guide = (page: string) => doc(`eventbridge/latest/userguide/${page}.html`);
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/pipe`;

const create = (more: Partial<CreatePipeCommandInput>, account = "test") =>
  new PipesClient(cloud.client({ account })).send(
    new CreatePipeCommand({
      Name: name("pipe"),
      Source: queue("from"),
      Target: queue("to"),
      RoleArn,
      ...more,
    }),
  );
const invalid = (message: string) => ({
  name: "ValidationException",
  message,
  $metadata: { httpStatusCode: 400 },
});

behaviour("an account has at most 1,000 pipes", guide("eb-quota"), async () => {
  const account = "111122223333";
  const stopped = {
    DesiredState: "STOPPED",
    Source: queue("from").replace(ACCOUNT, account),
    Target: queue("to").replace(ACCOUNT, account),
    RoleArn: RoleArn.replace(ACCOUNT, account),
  } as const;
  for (let n = 0; n < 1_000; n += 20)
    await Promise.all(Array.from({ length: 20 }, () => create(stopped, account)));
  await expect(create({ ...stopped, Name: "too-many" }, account)).rejects.toMatchObject({
    name: "ServiceQuotaExceededException",
    resourceId: "too-many",
    $metadata: { httpStatusCode: 402 },
  });
});

describe("a pipe is validated against its model", () => {
  const wrong: [what: string, page: string, more: Partial<CreatePipeCommandInput>, message: string][] = [
    [
      "a number outside of its bounds is refused",
      "PipeSourceSqsQueueParameters",
      { SourceParameters: { SqsQueueParameters: { BatchSize: 0 } } },
      "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
    ],
    [
      "a batching window of more than five minutes is refused",
      "PipeSourceSqsQueueParameters",
      { SourceParameters: { SqsQueueParameters: { MaximumBatchingWindowInSeconds: 301 } } },
      "[numeric instance is greater than the required maximum (maximum: 300, found: 301)]",
    ],
    [
      "a missing required member is named",
      "CreatePipe",
      { Target: undefined, RoleArn: undefined },
      '[object has missing required properties (["RoleArn","Target"])]',
    ],
    [
      "an unknown state is refused",
      "CreatePipe",
      { DesiredState: "PAUSED" as never },
      '[instance value ("PAUSED") not found in enum (possible values: ["RUNNING","STOPPED"])]',
    ],
    [
      "a string that is too long is refused",
      "CreatePipe",
      { Description: "x".repeat(513) },
      `[string "${"x".repeat(513)}" is too long (length: 513, maximum allowed: 512)]`,
    ],
    [
      "more than five filters are refused",
      "FilterCriteria",
      { SourceParameters: { FilterCriteria: { Filters: Array(6).fill({ Pattern: '{"a":[1]}' }) } } },
      "[array is too long: must have at most 5 elements but instance has 6 elements]",
    ],
    [
      "the elements of a list that is too long are not validated",
      "FilterCriteria",
      { SourceParameters: { FilterCriteria: { Filters: Array(6).fill({ Pattern: "x".repeat(5_000) }) } } },
      "[array is too long: must have at most 5 elements but instance has 6 elements]",
    ],
  ];
  for (const [what, page, more, message] of wrong) {
    behaviour(what, api(page), async () => {
      await expect(create(more)).rejects.toMatchObject(invalid(message));
    });
  }
});

describe("the parts of a pipe are validated together", () => {
  const stream = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`;
  const reading = (more: object = {}) => ({
    Source: stream,
    SourceParameters: { KinesisStreamParameters: { StartingPosition: "LATEST" as const, ...more } },
  });
  const wrong: [
    what: string,
    source: string,
    more: Partial<CreatePipeCommandInput>,
    ...fields: [string, string][],
  ][] = [
    [
      "a source in another Region is refused",
      guide("eb-pipes"),
      { Source: `arn:aws:sqs:us-west-2:${ACCOUNT}:q` },
      ["Source", "Creating cross-region pipe is not permitted."],
    ],
    [
      "a target in another Region is refused",
      guide("eb-pipes"),
      { Target: `arn:aws:lambda:us-west-2:${ACCOUNT}:function:f` },
      ["Target", "Creating cross-region pipe is not permitted."],
    ],
    [
      "a queue is refused as an enrichment",
      guide("pipes-enrichment"),
      { Enrichment: queue("q") },
      ["Enrichment", "Invalid pipe enrichment."],
    ],
    [
      "a topic is refused as a source",
      guide("eb-pipes-event-source"),
      { Source: `arn:aws:sns:us-east-1:${ACCOUNT}:t` },
      ["Source", "Invalid pipe source."],
    ],
    [
      "a bucket is refused as a target",
      guide("eb-pipes-event-target"),
      { Target: "arn:aws:s3:::bucket" },
      ["Target", "Invalid pipe target."],
    ],
    [
      "a stream requires KinesisStreamParameters",
      api("PipeSourceParameters"),
      { Source: stream },
      ["SourceParameters.KinesisStreamParameters", "Missing required parameter."],
    ],
    [
      "all validation errors are reported together",
      api("PipeSourceKinesisStreamParameters"),
      reading({ MaximumRecordAgeInSeconds: 0 }),
      [
        "MaximumRecordAgeInSeconds",
        "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
      ],
      [
        "MaximumBatchingWindowInSeconds",
        "MaximumBatchingWindowInSeconds must be less than MaximumRecordAgeInSeconds.",
      ],
    ],
    [
      "an unknown variable in a template is refused",
      guide("eb-pipes-input-transformation"),
      { TargetParameters: { InputTemplate: '{"v": <aws.pipes.bogus>}' } },
      [
        "TargetParameters.InputTemplate",
        "Invalid json path reference or predefined variable for placeholder",
      ],
    ],
    [
      "logging requires a destination",
      guide("eb-pipes-logs"),
      { LogConfiguration: { Level: "INFO" } },
      ["LogConfiguration", "Must provide at least 1 log destination in LogConfiguration"],
    ],
  ];
  for (const [what, source, more, ...fields] of wrong) {
    behaviour(what, source, async () => {
      const ValidationErrorFields = fields.map(([Name, Message]) => ({ Name, Message }));
      await expect(create(more)).rejects.toMatchObject(invalid(JSON.stringify({ ValidationErrorFields })));
    });
  }
  const alike: [what: string, source: string, more: Partial<CreatePipeCommandInput>, sentence: string][] = [
    [
      "parameters for another type of source are refused",
      api("PipeSourceParameters"),
      { SourceParameters: { KinesisStreamParameters: { StartingPosition: "LATEST" } } },
      "Invalid source parameter provided for source",
    ],
    [
      "parameters for another type of target are refused",
      api("PipeTargetParameters"),
      { TargetParameters: { KinesisStreamParameters: { PartitionKey: "k" } } },
      "Invalid target parameter provided for target",
    ],
    [
      "a filter that is not a valid event pattern is refused",
      api("Filter"),
      { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":{"i":1}}' }] } } },
      'Invalid Event Pattern. Reason: \\"i\\" must be an object or an array',
    ],
    [
      "a FIFO topic is refused as a target",
      guide("eb-pipes-event-target"),
      { Target: `arn:aws:sns:us-east-1:${ACCOUNT}:t.fifo` },
      "SNS FIFO",
    ],
    [
      "a batch larger than the target's maximum is refused",
      guide("eb-pipes-batching-concurrency"),
      reading({ BatchSize: 11 }),
      "The configured batch size 11 is greater than the max supported",
    ],
  ];
  for (const [what, source, more, sentence] of alike) {
    behaviour(what, source, async () => {
      await expect(create(more)).rejects.toMatchObject({
        name: "ValidationException",
        message: expect.stringContaining(sentence),
      });
    });
  }
  behaviour("a pipe with logging OFF needs no log destination", guide("eb-pipes-logs"), async () => {
    const { Name } = await create({ LogConfiguration: { Level: "OFF" } });
    expect(await new PipesClient(cloud.client()).send(new DescribePipeCommand({ Name }))).toMatchObject({
      LogConfiguration: { Level: "OFF" },
    });
  });
});

describe("a filter refuses operators of rules that pipes do not support", () => {
  const page = guide("eb-create-pattern-operators");
  const filtering = (matcher: unknown) =>
    create({
      DesiredState: "STOPPED",
      SourceParameters: {
        FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { a: [matcher] } }) }] },
      },
    });
  for (const matcher of [
    { "anything-but": { prefix: "us-" } },
    { "anything-but": { suffix: ".png" } },
    { "anything-but": { "equals-ignore-case": "initializing" } },
    { "anything-but": { wildcard: "*/lib/*" } },
    { wildcard: "dir/*.png" },
  ])
    behaviour(`${JSON.stringify(matcher)}`, page, async () => {
      await expect(filtering(matcher)).rejects.toMatchObject({
        name: "ValidationException",
        message: expect.stringContaining("Invalid Event Pattern. Reason: "),
      });
    });
  for (const matcher of [
    { "anything-but": "initializing" },
    { "anything-but": [1, 2] },
    { prefix: { "equals-ignore-case": "eventb" } },
    { suffix: ".png" },
    { cidr: "10.0.0.0/24" },
    { exists: false },
    { numeric: [">", 10, "<=", 20] },
  ])
    behaviour(JSON.stringify(matcher), page, async () => {
      expect(await filtering(matcher)).toMatchObject({ CurrentState: "CREATING" });
    });
});
