import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, nameIn, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { client, send, queue, put, receive, unused, attributes } = sqsOn(cloud);
const create = (QueueName: string, Attributes?: Record<string, string>) =>
  send(new CreateQueueCommand({ QueueName, Attributes }));

behaviour("CreateQueue returns the queue URL: host, account, name", api("CreateQueue"), async () => {
  const name = unused();
  const { QueueUrl } = await create(name);
  expect(QueueUrl).toBe(`${cloud.endpoint}/000000000000/${name}`);
});

const NAME_RULE = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
for (const [what, name] of [
  ["more than 80 characters", "x".repeat(81)],
  ["a space", "two words"],
  ["a period", "a.b"],
  ["the FIFO suffix without being FIFO", "line.fifo"],
  ["a slash", "a/b"],
  ["a letter that is not ASCII", "schlüssel"],
] as const)
  behaviour(`the name of a standard queue cannot have ${what}`, api("CreateQueue"), () =>
    refused(create(name), "InvalidParameterValue", NAME_RULE),
  );

behaviour(
  "a name may have 80 characters: letters, digits, hyphens, underscores",
  api("CreateQueue"),
  async () => {
    const name = "aZ0_-".padEnd(80, "x");
    expect(nameIn((await create(name)).QueueUrl!)).toBe(name);
  },
);

behaviour("names are case-sensitive", api("CreateQueue"), async () => {
  const name = unused();
  await create(name);
  await refused(send(new GetQueueUrlCommand({ QueueName: name.toUpperCase() })), "QueueDoesNotExist");
});

const FIFO_RULE =
  "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.";
for (const [what, name] of [
  ["no suffix", "plain"],
  ["only the suffix", ".fifo"],
  ["more than 80 characters with its suffix", `${"x".repeat(76)}.fifo`],
] as const)
  behaviour(`the name of a FIFO queue cannot have ${what}`, api("CreateQueue"), () =>
    refused(create(name, { FifoQueue: "true" }), "InvalidParameterValue", FIFO_RULE),
  );

behaviour("CreateQueue with the same attributes returns the existing queue", api("CreateQueue"), async () => {
  const name = unused();
  const first = await create(name, { VisibilityTimeout: "40", DelaySeconds: "1" });
  expect((await create(name, { VisibilityTimeout: "40", DelaySeconds: "1" })).QueueUrl).toBe(first.QueueUrl);
});

behaviour("CreateQueue without attributes returns the existing queue", api("CreateQueue"), async () => {
  const name = unused();
  const first = await create(name, { VisibilityTimeout: "40" });
  expect((await create(name)).QueueUrl).toBe(first.QueueUrl);
});

behaviour("CreateQueue with explicit defaults returns the existing queue", api("CreateQueue"), async () => {
  const name = unused();
  const first = await create(name);
  expect((await create(name, { VisibilityTimeout: "30" })).QueueUrl).toBe(first.QueueUrl);
});

behaviour(
  "CreateQueue of an existing queue with other attributes is refused",
  api("CreateQueue"),
  async () => {
    const name = unused();
    await create(name, { VisibilityTimeout: "40" });
    await refused(
      create(name, { VisibilityTimeout: "41" }),
      "QueueNameExists",
      "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    );
  },
);

behaviour("queue names are scoped to Region and account", api("CreateQueue"), async () => {
  const QueueName = unused();
  await create(QueueName, { DelaySeconds: "5" });
  for (const other of [client("test", "eu-west-1"), client("111122223333")])
    await other.send(new CreateQueueCommand({ QueueName }));
});

behaviour("a queue name may be reused 60 seconds after deletion", api("DeleteQueue"), async () => {
  const QueueUrl = await queue();
  await send(new DeleteQueueCommand({ QueueUrl }));
  await refused(
    create(nameIn(QueueUrl)),
    "QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
  );
  await cloud.advance(60_000);
  await create(nameIn(QueueUrl));
});

behaviour("DeleteQueue deletes all messages for good", api("DeleteQueue"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "lost");
  await send(new DeleteQueueCommand({ QueueUrl }));
  await refused(send(new SendMessageCommand({ QueueUrl, MessageBody: "x" })), "QueueDoesNotExist");
  await cloud.advance(60_000);
  await create(nameIn(QueueUrl));
  expect(await receive(QueueUrl)).toEqual([]);
});

behaviour("DeleteQueue of a missing queue fails", api("DeleteQueue"), async () => {
  const QueueUrl = `${cloud.endpoint}/000000000000/${unused()}`;
  await refused(
    send(new DeleteQueueCommand({ QueueUrl })),
    "QueueDoesNotExist",
    "The specified queue does not exist.",
  );
});

behaviour("GetQueueUrl returns the queue's URL by its name", api("GetQueueUrl"), async () => {
  const QueueUrl = await queue();
  const found = await send(new GetQueueUrlCommand({ QueueName: nameIn(QueueUrl) }));
  expect(found.QueueUrl).toBe(QueueUrl);
});

behaviour("GetQueueUrl of a missing queue fails", api("GetQueueUrl"), () =>
  refused(
    send(new GetQueueUrlCommand({ QueueName: unused() })),
    "QueueDoesNotExist",
    "The specified queue does not exist.",
  ),
);

behaviour("GetQueueUrl searches the caller's Region only", api("GetQueueUrl"), async () => {
  const QueueName = nameIn(await queue());
  await refused(client("test", "eu-west-1").send(new GetQueueUrlCommand({ QueueName })), "QueueDoesNotExist");
});

behaviour("GetQueueUrl accepts the owner's account ID", api("GetQueueUrl"), async () => {
  const QueueUrl = await queue();
  const found = await send(
    new GetQueueUrlCommand({ QueueName: nameIn(QueueUrl), QueueOwnerAWSAccountId: "000000000000" }),
  );
  expect(found.QueueUrl).toBe(QueueUrl);
});

behaviour("GetQueueUrl of another account's queue requires permission", api("GetQueueUrl"), async () => {
  const QueueName = nameIn(await queue());
  const call = client("111122223333").send(
    new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId: "000000000000" }),
  );
  await refused(call, "AccessDenied", undefined, 403);
});

behaviour("ListQueues of an account without queues is empty", api("ListQueues"), async () => {
  const { QueueUrls, NextToken } = await client("444455556666").send(new ListQueuesCommand({}));
  expect([QueueUrls, NextToken]).toEqual([undefined, undefined]);
});

behaviour("ListQueues filters by prefix", api("ListQueues"), async () => {
  const prefix = unused();
  for (const end of ["-b", "-a", ""]) await create(`${prefix}${end}`);
  const { QueueUrls = [] } = await send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
  expect(QueueUrls.map(nameIn).sort()).toEqual([prefix, `${prefix}-a`, `${prefix}-b`]);
});

behaviour("ListQueues compares prefixes case-sensitively", api("ListQueues"), async () => {
  const prefix = unused();
  await create(prefix);
  const { QueueUrls } = await send(new ListQueuesCommand({ QueueNamePrefix: prefix.toUpperCase() }));
  expect(QueueUrls).toBeUndefined();
});

behaviour("ListQueues pages if MaxResults is given", api("ListQueues"), async () => {
  const prefix = unused();
  for (const end of ["a", "b", "c"]) await create(`${prefix}${end}`);
  const names: string[] = [];
  const sizes: number[] = [];
  let NextToken: string | undefined;
  do {
    const page: { QueueUrls?: string[]; NextToken?: string } = await send(
      new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken }),
    );
    sizes.push(page.QueueUrls?.length ?? 0);
    names.push(...(page.QueueUrls ?? []).map(nameIn));
    NextToken = page.NextToken;
  } while (NextToken);
  expect([names, sizes]).toEqual([["a", "b", "c"].map((end) => `${prefix}${end}`), [2, 1]]);
});

for (const MaxResults of [0, 1_001])
  behaviour(`ListQueues refuses MaxResults ${MaxResults}`, api("ListQueues"), () =>
    refused(
      send(new ListQueuesCommand({ MaxResults })),
      "InvalidParameterValue",
      "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.",
    ),
  );

behaviour("ListQueues refuses an invalid token", api("ListQueues"), () =>
  refused(
    send(new ListQueuesCommand({ MaxResults: 2, NextToken: "made-up" })),
    "InvalidParameterValue",
    "Invalid NextToken value.",
  ),
);

behaviour("a ListQueues token requires the same prefix and MaxResults", api("ListQueues"), async () => {
  const prefix = unused();
  for (const end of ["a", "b"]) await send(new CreateQueueCommand({ QueueName: `${prefix}${end}` }));
  const options = { QueueNamePrefix: prefix, MaxResults: 1 };
  const { NextToken } = await send(new ListQueuesCommand(options));
  await refused(
    send(new ListQueuesCommand({ ...options, QueueNamePrefix: `${prefix}b`, NextToken })),
    "InvalidParameterValue",
    "Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.",
  );
  await refused(
    send(new ListQueuesCommand({ QueueNamePrefix: prefix, NextToken })),
    "InvalidParameterValue",
    "MaxResults is a mandatory parameter when you provide a value for NextToken.",
  );
});

behaviour("PurgeQueue deletes all messages, including those in flight", api("PurgeQueue"), async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "1" });
  for (const body of ["a", "b", "c"]) await put(QueueUrl, body);
  await receive(QueueUrl, { MaxNumberOfMessages: 1 });
  await send(new PurgeQueueCommand({ QueueUrl }));
  await cloud.advance(1_000);
  expect(await receive(QueueUrl)).toEqual([]);
  const now = await attributes(QueueUrl);
  expect([now.ApproximateNumberOfMessages, now.ApproximateNumberOfMessagesNotVisible]).toEqual(["0", "0"]);
});

behaviour("PurgeQueue is allowed once within 60 seconds", api("PurgeQueue"), async () => {
  const QueueUrl = await queue();
  await send(new PurgeQueueCommand({ QueueUrl }));
  await refused(
    send(new PurgeQueueCommand({ QueueUrl })),
    "PurgeQueueInProgress",
    `Only one PurgeQueue operation on ${nameIn(QueueUrl)} is allowed every 60 seconds.`,
    403,
  );
  await cloud.advance(60_000);
  await send(new PurgeQueueCommand({ QueueUrl }));
});

behaviour("messages sent after a purge are kept", api("PurgeQueue"), async () => {
  const QueueUrl = await queue();
  await send(new PurgeQueueCommand({ QueueUrl }));
  await put(QueueUrl, "later");
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["later"]);
});

behaviour("PurgeQueue of a missing queue fails", api("PurgeQueue"), () =>
  refused(
    send(new PurgeQueueCommand({ QueueUrl: `${cloud.endpoint}/000000000000/${unused()}` })),
    "QueueDoesNotExist",
  ),
);

for (const [what, urlOf] of [
  ["only its path", (name: string) => `/000000000000/${name}`],
  ["AWS's own host", (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`],
  ["AWS's legacy host", (name: string) => `https://us-east-1.queue.amazonaws.com/000000000000/${name}`],
  ["AWS's oldest host", (name: string) => `https://queue.amazonaws.com/000000000000/${name}`],
  [
    "a local host of the service",
    (name: string) => `http://sqs.us-east-1.localhost:4566/000000000000/${name}`,
  ],
  ["any host and port", (name: string) => `http://nube.example:80/000000000000/${name}`],
] as const)
  behaviour(`a queue URL may have ${what}`, api("SendMessage"), async () => {
    const name = nameIn(await queue());
    await put(urlOf(name), "here");
    expect((await receive(urlOf(name))).map(({ Body }) => Body)).toEqual(["here"]);
  });

behaviour("a malformed queue URL is an invalid address", api("SendMessage"), () =>
  refused(
    put("not-a-url", "x"),
    "InvalidAddress",
    "The address not-a-url is not valid for this endpoint.",
    404,
  ),
);
