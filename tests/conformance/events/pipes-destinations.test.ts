import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ConnectionHttpParameters,
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  DeleteApiDestinationCommand,
  DescribeApiDestinationCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateStreamCommand, KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DescribePipeCommand,
  PipesClient,
  UpdatePipeCommand,
} from "@aws-sdk/client-pipes";
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { ACCOUNT, name, queue, sender } from "./client.ts";

const cloud = conformanceCloud();
const api = (page: string) => doc(`eventbridge/latest/pipes-reference/API_${page}.html`);
const guide = (page: string) => doc(`eventbridge/latest/userguide/${page}.html`);
const events = sender(cloud);
const pipes = {
  send: ((command: never) => new PipesClient(cloud.client()).send(command)) as PipesClient["send"],
};
const sqs = { send: ((command: never) => new SQSClient(cloud.client()).send(command)) as SQSClient["send"] };
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/pipe`;

interface Call {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let calls: Call[] = [];
/** The endpoint's response to a body; a number is a status code. */
let answerTo: (body: string) => string | number | Promise<string | number> = () => "";
const endpoint = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const body = Buffer.concat(chunks).toString();
    calls.push({ path: request.url!, headers: request.headers, body });
    const answer = await answerTo(body);
    response.statusCode = typeof answer === "number" ? answer : 200;
    response.end(typeof answer === "number" ? "" : answer);
  });
});
beforeAll(() => new Promise<void>((done) => endpoint.listen(0, "127.0.0.1", () => done())));
afterAll(() => endpoint.close());

async function destination(path = "", InvocationHttpParameters?: ConnectionHttpParameters) {
  const Name = name("destination");
  const { ConnectionArn } = await events(
    new CreateConnectionCommand({
      Name,
      AuthorizationType: "API_KEY",
      AuthParameters: {
        ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "secret" },
        InvocationHttpParameters,
      },
    }),
  );
  const { ApiDestinationArn } = await events(
    new CreateApiDestinationCommand({
      Name,
      ConnectionArn,
      HttpMethod: "POST",
      InvocationEndpoint: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}${path}`,
    }),
  );
  return ApiDestinationArn!;
}

/** Creates a pipe between two queues with an endpoint in between. */
async function pipe(more: Partial<CreatePipeCommandInput>) {
  const [from, to] = [name("from"), name("to")];
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: from }));
  const target = await sqs.send(new CreateQueueCommand({ QueueName: to }));
  const Name = name("pipe");
  await pipes.send(new CreatePipeCommand({ Name, RoleArn, Source: queue(from), Target: queue(to), ...more }));
  await cloud.advance(1_000);
  calls = [];
  return {
    put: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    async taken() {
      await cloud.advance(2_000);
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: target.QueueUrl, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body }) => Body);
    },
  };
}

behaviour(
  "an enrichment is called with the event, and its response is sent to the target",
  guide("pipes-enrichment"),
  async () => {
    const { put, taken } = await pipe({ Enrichment: await destination() });
    answerTo = (body) => JSON.stringify({ was: JSON.parse(body).body });
    await put("hello");
    expect(await taken()).toEqual(['{"was":"hello"}']);
    expect(calls).toMatchObject([{ headers: { "x-key": "secret" }, path: "/" }]);
  },
);

behaviour(
  "a destination is called with the headers of EventBridge",
  guide("eb-api-destinations"),
  async () => {
    const HttpParameters = {
      HeaderParameters: { "Content-Type": "text/plain", "User-Agent": "me", "X-More": "1" },
    };
    const { put, taken } = await pipe({
      Enrichment: await destination(),
      EnrichmentParameters: { HttpParameters },
    });
    answerTo = () => "{}";
    await put("hello");
    await taken();
    expect(calls).toMatchObject([
      {
        headers: {
          "user-agent": "Amazon/EventBridge/ApiDestinations",
          range: "bytes=0-1048575",
          "accept-encoding": expect.stringMatching(/^gzip,deflate/),
          "content-type": "text/plain",
          "x-more": "1",
        },
      },
    ]);
  },
);

behaviour("an enrichment may turn one event into several", guide("pipes-enrichment"), async () => {
  const { put, taken } = await pipe({ Enrichment: await destination() });
  answerTo = () => '[{"n":1},{"n":2}]';
  await put("hello");
  expect((await taken()).sort()).toEqual(['{"n":1}', '{"n":2}']);
});

for (const answer of ["", "{}", "[]"]) {
  behaviour(
    `an enrichment that returns '${answer}' sends nothing to the target`,
    guide("pipes-enrichment"),
    async () => {
      const { put, taken } = await pipe({ Enrichment: await destination() });
      answerTo = () => answer;
      await put("hello");
      expect(await taken()).toEqual([]);
      expect(calls).toHaveLength(1);
    },
  );
}

behaviour("an empty object in a list is an event", guide("pipes-enrichment"), async () => {
  const { put, taken } = await pipe({ Enrichment: await destination() });
  answerTo = () => "[{}]";
  await put("hello");
  expect(await taken()).toEqual(["{}"]);
});

behaviour(
  "the templates of enrichment and target are applied to their inputs",
  guide("eb-pipes-input-transformation"),
  async () => {
    const { put, taken } = await pipe({
      Enrichment: await destination("/users/*"),
      EnrichmentParameters: {
        InputTemplate: '{"who": <$.body.who>}',
        HttpParameters: {
          PathParameterValues: ["$.body.who"],
          HeaderParameters: { "x-who": "$.body.who" },
          QueryStringParameters: { fixed: "yes" },
        },
      },
      TargetParameters: { InputTemplate: "<$.greeting> from <aws.pipes.enrichment-arn>" },
    });
    answerTo = (body) => JSON.stringify({ greeting: `hello ${JSON.parse(body).who}` });
    await put('{"who":"ann"}');
    expect(await taken()).toEqual([
      expect.stringMatching(/^hello ann from arn:aws:events:us-east-1:\d+:api-destination\//),
    ]);
    expect(calls).toMatchObject([
      { path: "/users/ann?fixed=yes", headers: { "x-who": "ann" }, body: '{"who": "ann"}' },
    ]);
  },
);

behaviour(
  "events that the enrichment rejects are retried",
  guide("eb-pipes-error-troubleshooting"),
  async () => {
    const { put, taken } = await pipe({ Enrichment: await destination() });
    answerTo = () => 500;
    await put("hello");
    expect(await taken()).toEqual([]);
    answerTo = () => '"better"';
    await cloud.advance(30_000);
    expect(await taken()).toEqual(["better"]);
  },
);

behaviour("an API destination may be the target", guide("eb-pipes-event-target"), async () => {
  const Target = await destination("/to");
  const { put } = await pipe({
    Target,
    TargetParameters: {
      InputTemplate: '{"text": <$.body>}',
      HttpParameters: { HeaderParameters: { "x-id": "$.messageId" } },
    },
  });
  answerTo = () => "";
  const { MessageId } = await put("hello");
  await cloud.advance(2_000);
  expect(calls).toMatchObject([{ path: "/to", headers: { "x-id": MessageId }, body: '{"text": "hello"}' }]);
});

behaviour(
  "body parameters of a connection are added to a body that is an object",
  guide("eb-target-connection"),
  async () => {
    const BodyParameters = [{ Key: "from", Value: "connection" }];
    for (const [InputTemplate, body] of [
      ['{"text": <$.body>}', '{"text":"hello","from":"connection"}'],
      ['{"price": 1.50}', '{"price":1.50,"from":"connection"}'],
      ["it says <$.body>", "it says hello"],
    ] as const) {
      const Target = await destination("", { BodyParameters });
      const { put } = await pipe({ Target, TargetParameters: { InputTemplate } });
      answerTo = () => "";
      await put("hello");
      await cloud.advance(2_000);
      expect(calls).toMatchObject([{ body }]);
    }
  },
);

behaviour("a recreated API destination is a different one", guide("eb-api-destinations"), async () => {
  const Target = await destination();
  const Name = Target.split("/")[1]!;
  const { put } = await pipe({ Target });
  const { ConnectionArn } = await events(new DescribeApiDestinationCommand({ Name }));
  await events(new DeleteApiDestinationCommand({ Name }));
  const InvocationEndpoint = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  await events(
    new CreateApiDestinationCommand({ Name, ConnectionArn, InvocationEndpoint, HttpMethod: "POST" }),
  );
  answerTo = () => "";
  await put("hello");
  await cloud.advance(2_000);
  expect(calls).toEqual([]);
});

behaviour(
  "a bus may be the target, with parameters that refer to the event",
  api("PipeTargetEventBridgeEventBusParameters"),
  async () => {
    const Rule = name("rule");
    const seen = name("seen");
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: seen,
        Attributes: {
          Policy: JSON.stringify({
            Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
          }),
        },
      }),
    );
    await events(new PutRuleCommand({ Name: Rule, EventPattern: '{"source":["shop"]}' }));
    await events(new PutTargetsCommand({ Rule, Targets: [{ Id: "1", Arn: queue(seen) }] }));
    const { put } = await pipe({
      Target: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`,
      TargetParameters: {
        InputTemplate: '{"order": <$.body.order>}',
        EventBridgeEventBusParameters: {
          Source: "$.body.source",
          DetailType: "$.body.type",
          Resources: ["$.body.resource"],
          Time: "$.body.time",
        },
      },
    });
    await put(
      JSON.stringify({ source: "shop", type: "sold", resource: "r", time: "2026-01-02T03:04:05Z", order: 1 }),
    );
    await cloud.advance(2_000);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages.map(({ Body }) => JSON.parse(Body!))).toMatchObject([
      {
        source: "shop",
        "detail-type": "sold",
        resources: ["r"],
        time: "2026-01-02T03:04:05Z",
        detail: { order: 1 },
      },
    ]);
  },
);

for (const enrichment of [
  `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`,
  `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m`,
  `arn:aws:execute-api:us-east-1:${ACCOUNT}:api/stage/GET/path`,
]) {
  behaviour(
    `${enrichment.split(":")[2]} is refused as an enrichment, by name`,
    api("CreatePipe"),
    async () => {
      await expect(pipe({ Enrichment: enrichment })).rejects.toMatchObject({
        name: "NotImplemented",
        message: expect.stringContaining(enrichment),
        $metadata: { httpStatusCode: 501 },
      });
    },
  );
}

behaviour(
  "reducing the parallelization factor does not lose batches in progress",
  guide("eb-pipes-kinesis"),
  async () => {
    const kinesis = new KinesisClient({ ...cloud.client(), requestHandler: new NodeHttpHandler() });
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await cloud.advance(1_000);
    const put = (key: string) =>
      kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: key, Data: Buffer.from(key) }));
    const Name = name("pipe");
    const shared = { RoleArn, TargetParameters: { InputTemplate: '"<$.data>"' } };
    calls = [];
    const held = Promise.withResolvers<string>();
    answerTo = (body) => (body === '"b"' ? held.promise : 503);
    await put("a");
    await put("b");
    await pipes.send(
      new CreatePipeCommand({
        Name,
        ...shared,
        Source: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`,
        SourceParameters: {
          KinesisStreamParameters: { StartingPosition: "TRIM_HORIZON", ParallelizationFactor: 2 },
        },
        Target: await destination(),
      }),
    );
    await vi.waitFor(() => expect(calls.map(({ body }) => body).sort()).toEqual(['"a"', '"b"']));
    const KinesisStreamParameters = { ParallelizationFactor: 1 };
    await pipes.send(
      new UpdatePipeCommand({ Name, ...shared, SourceParameters: { KinesisStreamParameters } }),
    );
    await vi.waitFor(async () =>
      expect((await pipes.send(new DescribePipeCommand({ Name }))).CurrentState).toBe("RUNNING"),
    );
    calls = [];
    answerTo = () => "";
    held.resolve("");
    await cloud.advance(5_000);
    expect(calls.map(({ body }) => body)).toContain('"a"');
  },
);
