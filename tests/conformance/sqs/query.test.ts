import { hash } from "node:crypto";
import { expect } from "vitest";
import { sign } from "#aws/signature/sigv4.ts";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, nameIn, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { queue, fifo, put, receive, arn, unused } = sqsOn(cloud);
const FAQ = guide("sqs-json-faqs");
const REQUESTS = guide("sqs-making-api-requests-xml");
const JSON_ERRORS = guide("sqs-json-api-responses");

/** Signs and sends a form, as clients of the query protocol do. */
async function query(
  Action: string | undefined,
  parameters: Record<string, string> = {},
  { path = "/", method = "POST", headers: own = {}, isBare = false } = {},
) {
  const form = new URLSearchParams({
    ...(Action !== undefined && { Action }),
    ...(!isBare && { Version: "2012-11-05" }),
    ...parameters,
  });
  const body = method === "POST" ? form.toString() : "";
  const search = method === "GET" ? form.toString().replaceAll("+", "%20") : "";
  const { host } = new URL(cloud.endpoint);
  const headers: Record<string, string> = {
    ...own,
    host,
    ...(method === "POST" && { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }),
  };
  const signed = sign(
    { method, path, query: search, headers },
    { accessKeyId: "test", secretAccessKey: "test" },
    { region: "us-east-1", service: "sqs", now: Date.now(), payloadHash: hash("sha256", body, "hex") },
  );
  const answer = await fetch(`${cloud.endpoint}${path}${search && `?${search}`}`, {
    method,
    headers: { ...headers, ...signed },
    ...(method === "POST" && { body }),
  });
  return { status: answer.status, type: answer.headers.get("content-type"), xml: await answer.text() };
}
const element = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
const elements = (xml: string, name: string) =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => text);
/** The error document of the query protocol. */
const error = (code: string, message: string, xml: string) =>
  `<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>${code}</Code>` +
  `<Message>${message}</Message><Detail/></Error><RequestId>${element(xml, "RequestId")}</RequestId></ErrorResponse>`;

behaviour("CreateQueue in the query protocol is answered in XML", REQUESTS, async () => {
  const QueueName = unused();
  const { status, type, xml } = await query("CreateQueue", {
    QueueName,
    "Attribute.1.Name": "VisibilityTimeout",
    "Attribute.1.Value": "40",
    "Tag.1.Key": "k",
    "Tag.1.Value": "v",
  });
  expect([status, type]).toEqual([200, "text/xml"]);
  expect(xml).toMatch(
    new RegExp(
      `^<CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><CreateQueueResult><QueueUrl>${cloud.endpoint}/000000000000/${QueueName}</QueueUrl></CreateQueueResult><ResponseMetadata><RequestId>[0-9a-f-]{36}</RequestId></ResponseMetadata></CreateQueueResponse>$`,
    ),
  );
  const attributes = await query("GetQueueAttributes", {
    QueueUrl: element(xml, "QueueUrl")!,
    "AttributeName.1": "VisibilityTimeout",
  });
  expect(attributes.xml).toContain("<Attribute><Name>VisibilityTimeout</Name><Value>40</Value></Attribute>");
  const tags = await query("ListQueueTags", { QueueUrl: element(xml, "QueueUrl")! });
  expect(tags.xml).toContain("<Tag><Key>k</Key><Value>v</Value></Tag>");
});

behaviour("SendMessage and ReceiveMessage work in the query protocol", REQUESTS, async () => {
  const QueueUrl = await queue();
  const sent = await query("SendMessage", {
    QueueUrl,
    MessageBody: "a & b <c>",
    "MessageAttribute.1.Name": "kind",
    "MessageAttribute.1.Value.DataType": "String",
    "MessageAttribute.1.Value.StringValue": "x",
  });
  expect(element(sent.xml, "MD5OfMessageBody")).toBe(hash("md5", "a & b <c>"));
  const got = await query("ReceiveMessage", {
    QueueUrl,
    MaxNumberOfMessages: "10",
    "AttributeName.1": "ApproximateReceiveCount",
    "MessageAttributeName.1": "All",
  });
  expect(got.xml).toContain("<Body>a &amp; b &lt;c&gt;</Body>");
  expect(got.xml).toContain("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>");
  expect(got.xml).toContain(
    "<MessageAttribute><Name>kind</Name><Value><StringValue>x</StringValue><DataType>String</DataType></Value></MessageAttribute>",
  );
  const ReceiptHandle = element(got.xml, "ReceiptHandle")!;
  const deleted = await query("DeleteMessage", { QueueUrl, ReceiptHandle });
  expect(deleted.xml).toMatch(/^<DeleteMessageResponse xmlns="[^"]+"><ResponseMetadata><RequestId>/);
});

behaviour("the path of a request may name the queue", REQUESTS, async () => {
  const name = nameIn(await queue());
  const path = `/000000000000/${name}`;
  const sent = await query("SendMessage", { MessageBody: "by path" }, { path });
  expect(sent.status).toBe(200);
  const got = await query("ReceiveMessage", {}, { path });
  expect(element(got.xml, "Body")).toBe("by path");
});

behaviour("a request may be a GET", REQUESTS, async () => {
  const name = nameIn(await queue());
  const path = `/000000000000/${name}`;
  const sent = await query("SendMessage", { MessageBody: "by GET" }, { path, method: "GET" });
  expect([sent.status, element(sent.xml, "MD5OfMessageBody")]).toEqual([200, hash("md5", "by GET")]);
});

behaviour("an empty receive has an empty result element", api("ReceiveMessage"), async () => {
  const { xml } = await query("ReceiveMessage", { QueueUrl: await queue() });
  expect(xml).toMatch(/<ReceiveMessageResult(?:\/>|><\/ReceiveMessageResult>)/);
});

behaviour("a batch returns one result element per entry", api("SendMessageBatch"), async () => {
  const QueueUrl = await queue();
  const { xml } = await query("SendMessageBatch", {
    QueueUrl,
    "SendMessageBatchRequestEntry.1.Id": "good",
    "SendMessageBatchRequestEntry.1.MessageBody": "x",
    "SendMessageBatchRequestEntry.2.Id": "late",
    "SendMessageBatchRequestEntry.2.MessageBody": "x",
    "SendMessageBatchRequestEntry.2.DelaySeconds": "901",
  });
  expect(xml).toMatch(/<SendMessageBatchResultEntry><Id>good<\/Id>/);
  expect(xml).toContain(
    "<BatchResultErrorEntry><Id>late</Id><SenderFault>true</SenderFault><Code>InvalidParameterValue</Code>" +
      "<Message>Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be &gt;= 0 and &lt;= 900.</Message></BatchResultErrorEntry>",
  );
});

behaviour("lists of queues are repeated QueueUrl elements", api("ListQueues"), async () => {
  const prefix = unused();
  for (const end of ["a", "b"]) await query("CreateQueue", { QueueName: `${prefix}${end}` });
  const { xml } = await query("ListQueues", { QueueNamePrefix: prefix });
  expect(elements(xml, "QueueUrl").map((url) => nameIn(url!))).toEqual([`${prefix}a`, `${prefix}b`]);
});

behaviour("AddPermission takes numbered parameters", api("AddPermission"), async () => {
  const QueueUrl = await queue();
  const { status } = await query("AddPermission", {
    QueueUrl,
    Label: "share",
    "AWSAccountId.1": "111122223333",
    "ActionName.1": "SendMessage",
  });
  expect(status).toBe(200);
  const { xml } = await query("GetQueueAttributes", { QueueUrl, "AttributeName.1": "Policy" });
  expect(xml).toContain(`&quot;Resource&quot;:&quot;${arn(QueueUrl)}&quot;`);
});

/** The same error in both protocols: code, status and the message of the query protocol. */
const MISTAKES: [string, string, Record<string, string>, string, number, string][] = [
  [
    "a missing queue",
    "GetQueueUrl",
    { QueueName: "not-there" },
    "AWS.SimpleQueueService.NonExistentQueue",
    400,
    "The specified queue does not exist for this wsdl version.",
  ],
  [
    "an invalid queue name",
    "CreateQueue",
    { QueueName: "two words" },
    "InvalidParameterValue",
    400,
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
  ],
  [
    "an unknown attribute",
    "CreateQueue",
    { QueueName: "q", "Attribute.1.Name": "Colour", "Attribute.1.Value": "red" },
    "InvalidAttributeName",
    400,
    "Unknown Attribute Colour.",
  ],
  [
    "a missing queue URL",
    "SendMessage",
    { MessageBody: "x" },
    "MissingParameter",
    400,
    "The request must contain the parameter QueueUrl.",
  ],
  [
    "an invalid queue URL",
    "SendMessage",
    { QueueUrl: "nowhere", MessageBody: "x" },
    "InvalidAddress",
    404,
    "The address nowhere is not valid for this endpoint.",
  ],
];
for (const [what, action, parameters, code, status, message] of MISTAKES)
  behaviour(`the query protocol reports ${what} by its own code`, FAQ, async () => {
    const answer = await query(action, parameters);
    expect(answer.xml).toBe(error(code, message, answer.xml));
    expect(answer.status).toBe(status);
  });

behaviour("both protocols report the same errors for calls on a queue", FAQ, async () => {
  const QueueUrl = await queue();
  const errorOf = async (action: string, parameters: Record<string, string>) => {
    const { status, xml } = await query(action, { QueueUrl, ...parameters });
    return [status, element(xml, "Code")];
  };
  expect(await errorOf("SendMessage", {})).toEqual([400, "MissingParameter"]);
  expect(await errorOf("SendMessage", { MessageBody: "\u0001" })).toEqual([400, "InvalidMessageContents"]);
  expect(await errorOf("DeleteMessage", { ReceiptHandle: "x" })).toEqual([404, "ReceiptHandleIsInvalid"]);
  expect(await errorOf("SendMessageBatch", {})).toEqual([400, "AWS.SimpleQueueService.EmptyBatchRequest"]);
  await query("PurgeQueue", { QueueUrl });
  expect(await errorOf("PurgeQueue", {})).toEqual([403, "AWS.SimpleQueueService.PurgeQueueInProgress"]);
  await query("DeleteQueue", { QueueUrl });
  expect(await errorOf("GetQueueAttributes", {})).toEqual([400, "AWS.SimpleQueueService.NonExistentQueue"]);
  const { xml } = await query("CreateQueue", { QueueName: nameIn(QueueUrl) });
  expect(element(xml, "Code")).toBe("AWS.SimpleQueueService.QueueDeletedRecently");
});

behaviour(
  "a query stays a query if an old client sends a target that no service has",
  "https://metacpan.org/pod/Amazon::SQS::Simple",
  async () => {
    const headers = { "x-amz-target": "AmazonSQSv20121105.GetQueueUrl" };
    const { status, xml } = await query("GetQueueUrl", { QueueName: "not-there" }, { headers });
    const message = "The specified queue does not exist for this wsdl version.";
    expect([status, xml]).toEqual([400, error("AWS.SimpleQueueService.NonExistentQueue", message, xml)]);
  },
);

/** Sends a JSON request as current clients do, but without their model's validation. */
function postJson(operation: string, body: string, signingKey = "test") {
  const headers = {
    host: new URL(cloud.endpoint).host,
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `AmazonSQS.${operation}`,
    "x-amzn-query-mode": "true",
  };
  const signed = sign(
    { method: "POST", path: "/", query: "", headers },
    { accessKeyId: signingKey, secretAccessKey: "test" },
    { region: "us-east-1", service: "sqs", now: Date.now(), payloadHash: hash("sha256", body, "hex") },
  );
  return fetch(cloud.endpoint, { method: "POST", headers: { ...headers, ...signed }, body });
}

async function json(operation: string, body: string, signingKey?: string) {
  const answer = await postJson(operation, body, signingKey);
  const { __type: type, message } = (await answer.json()) as Record<string, string>;
  return { status: answer.status, type, message, code: answer.headers.get("x-amzn-query-error") };
}

behaviour(
  "a call without an output is answered with an empty body",
  "https://github.com/google/go-cloud/tree/v0.46.0/pubsub/awssnssqs/testdata",
  async () => {
    const QueueUrl = await queue();
    const bodyOf = async (operation: string, parameters: object = {}) => {
      const answer = await postJson(operation, JSON.stringify({ QueueUrl, ...parameters }));
      return [answer.status, await answer.text()];
    };
    expect(await bodyOf("ReceiveMessage")).toEqual([200, "{}"]);
    expect(await bodyOf("SetQueueAttributes", { Attributes: { VisibilityTimeout: "10" } })).toEqual([
      200,
      "",
    ]);
    expect(await bodyOf("DeleteQueue")).toEqual([200, ""]);
  },
);

behaviour("the x-amzn-query-error header has the code of the query protocol", JSON_ERRORS, async () =>
  expect(await json("GetQueueUrl", '{"QueueName":"not-there"}')).toEqual({
    status: 400,
    type: "com.amazonaws.sqs#QueueDoesNotExist",
    message: "The specified queue does not exist.",
    code: "AWS.SimpleQueueService.NonExistentQueue;Sender",
  }),
);

behaviour("an error in JSON has the status of its query code", JSON_ERRORS, async () => {
  const QueueUrl = await queue();
  const errorOf = async (operation: string, parameters: object) => {
    const { status, type, code } = await json(operation, JSON.stringify({ QueueUrl, ...parameters }));
    return [status, type, code];
  };
  expect(await errorOf("DeleteMessage", { ReceiptHandle: "x" })).toEqual([
    404,
    "com.amazonaws.sqs#ReceiptHandleIsInvalid",
    "ReceiptHandleIsInvalid;Sender",
  ]);
  await postJson("PurgeQueue", JSON.stringify({ QueueUrl }));
  expect(await errorOf("PurgeQueue", {})).toEqual([
    403,
    "com.amazonaws.sqs#PurgeQueueInProgress",
    "AWS.SimpleQueueService.PurgeQueueInProgress;Sender",
  ]);
});

/** Errors outside the model: the framework's own name, and the code of the query protocol. */
const UNMODELED: [string, string, string, number, string, string][] = [
  [
    "a missing queue name",
    "GetQueueUrl",
    "{}",
    400,
    "InvalidParameterValueException",
    "InvalidParameterValue",
  ],
  ["an unknown operation", "Fly", "{}", 400, "UnknownOperationException", "InvalidAction"],
  ["invalid JSON", "ListQueues", "{", 400, "SerializationException", "MalformedInput"],
];
for (const [what, operation, body, status, name, code] of UNMODELED)
  behaviour(`JSON reports ${what} by the framework's error name`, JSON_ERRORS, async () =>
    expect(await json(operation, body)).toMatchObject({
      status,
      type: `com.amazon.coral.service#${name}`,
      code: `${code};Sender`,
    }),
  );

behaviour(
  "a JSON value of a wrong type is refused, and the error names its actual type",
  JSON_ERRORS,
  async () => {
    for (const [body, message] of [
      ['{"QueueName":1}', "NUMBER_VALUE can not be converted to a String"],
      ['{"QueueName":["a"]}', "Start of list found where not expected"],
      ['{"QueueName":{"a":1}}', "Start of structure or map found where not expected."],
      ['{"QueueName":"a","Attributes":"b"}', "Expected null"],
      ["[]", "Start of list found where not expected"],
    ])
      expect(await json("CreateQueue", body!)).toMatchObject({ code: "MalformedInput;Sender", message });
  },
);

behaviour("JSON reports a missing member by the framework's error name", JSON_ERRORS, async () =>
  expect(await json("SendMessage", JSON.stringify({ QueueUrl: await queue() }))).toEqual({
    status: 400,
    type: "com.amazon.coral.service#MissingRequiredParameterException",
    message: "The request must contain the parameter MessageBody.",
    code: "MissingParameter;Sender",
  }),
);

behaviour("an unknown access key is refused with the status of its query code", JSON_ERRORS, async () =>
  expect(await json("ListQueues", "{}", "AKIAIOSFODNN7EXAMPLE")).toMatchObject({
    status: 403,
    type: "com.amazon.coral.service#UnrecognizedClientException",
    code: "InvalidClientTokenId;Sender",
  }),
);

behaviour("CreateQueue requires a name", api("CreateQueue"), async () => {
  for (const [body, message] of [
    ["{}", "Value for parameter QueueName is invalid. Reason: Must specify a queue name."],
    ['{"QueueName":""}', "Queue name cannot be empty"],
  ])
    expect(await json("CreateQueue", body!)).toMatchObject({ code: "InvalidParameterValue;Sender", message });
});

behaviour("in JSON, an empty queue URL names a queue that does not exist", JSON_ERRORS, async () => {
  for (const body of ['{"MessageBody":"x"}', '{"QueueUrl":"","MessageBody":"x"}'])
    expect(await json("SendMessage", body)).toMatchObject({
      status: 400,
      type: "com.amazonaws.sqs#QueueDoesNotExist",
    });
});

behaviour("a message inherits the trace header of its request", guide("sqs-xray"), async () => {
  const QueueUrl = await queue();
  const trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
  await query("SendMessage", { QueueUrl, MessageBody: "x" }, { headers: { "x-amzn-trace-id": trace } });
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["AWSTraceHeader"] });
  expect(message!.Attributes).toEqual({ AWSTraceHeader: trace });
});

behaviour("an unknown action is invalid", REQUESTS, async () => {
  const { status, xml } = await query("FlyToTheMoon");
  expect([status, element(xml, "Code")]).toEqual([400, "InvalidAction"]);
});

behaviour("a form without an action is refused with MissingAction", REQUESTS, async () => {
  const { status, xml } = await query(undefined);
  expect([status, element(xml, "Code")]).toEqual([400, "MissingAction"]);
});

behaviour("messages sent in one protocol are received in the other", FAQ, async () => {
  const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
  await query("SendMessage", { QueueUrl, MessageBody: "older", MessageGroupId: "g" });
  await put(QueueUrl, "newer", { MessageGroupId: "g" });
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["older", "newer"]);
});

const inJson = { headers: { accept: "application/json" } };
const INTEGRATION = "https://repost.aws/knowledge-center/api-gateway-rest-api-sqs-errors";

behaviour("the query protocol may answer in JSON", INTEGRATION, async () => {
  const QueueUrl = await queue();
  const sent = await query("SendMessage", { QueueUrl, MessageBody: "a" }, inJson);
  expect([sent.status, sent.type]).toEqual([200, "application/json"]);
  const { SendMessageResponse } = JSON.parse(sent.xml);
  expect(SendMessageResponse).toEqual({
    ResponseMetadata: { RequestId: expect.any(String) },
    SendMessageResult: {
      MD5OfMessageAttributes: null,
      MD5OfMessageBody: hash("md5", "a"),
      MD5OfMessageSystemAttributes: null,
      MessageId: expect.any(String),
      SequenceNumber: null,
    },
  });
  const received = await query("ReceiveMessage", { QueueUrl, "AttributeName.1": "SenderId" }, inJson);
  expect(JSON.parse(received.xml).ReceiveMessageResponse.ReceiveMessageResult).toEqual({
    messages: [
      {
        Attributes: [{ Name: "SenderId", Value: "000000000000" }],
        Body: "a",
        MD5OfBody: hash("md5", "a"),
        MD5OfMessageAttributes: null,
        MessageAttributes: null,
        MessageId: SendMessageResponse.SendMessageResult.MessageId,
        ReceiptHandle: expect.any(String),
      },
    ],
  });
  const none = await query("GetQueueUrl", { QueueName: unused() }, inJson);
  expect([none.status, JSON.parse(none.xml)]).toEqual([
    400,
    {
      Error: {
        Code: "AWS.SimpleQueueService.NonExistentQueue",
        Detail: null,
        Message: "The specified queue does not exist for this wsdl version.",
        Type: "Sender",
      },
      RequestId: expect.any(String),
    },
  ]);
});

const GET_ATTRIBUTES =
  "http://docs.amazonwebservices.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/Query_QueryGetQueueAttributes.html";

behaviour("a list of one name may omit its number", GET_ATTRIBUTES, async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "40" });
  const { xml } = await query("GetQueueAttributes", { QueueUrl, AttributeName: "VisibilityTimeout" });
  expect(elements(xml, "Name")).toEqual(["VisibilityTimeout"]);
});

const SET_ATTRIBUTES =
  "http://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Query_QuerySetQueueAttributes.html";

behaviour("a map of one attribute may omit its number", SET_ATTRIBUTES, async () => {
  const QueueUrl = await queue();
  const attribute = { "Attribute.Name": "VisibilityTimeout", "Attribute.Value": "35" };
  expect((await query("SetQueueAttributes", { QueueUrl, ...attribute })).status).toBe(200);
  const { xml } = await query("GetQueueAttributes", { QueueUrl, AttributeName: "VisibilityTimeout" });
  expect(element(xml, "Value")).toBe("35");
  const another = { "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "1" };
  expect((await query("SetQueueAttributes", { QueueUrl, ...attribute, ...another })).status).toBe(400);
});

behaviour("a GET of a queue URL without an action is an unknown operation", REQUESTS, async () => {
  const path = new URL(await queue()).pathname;
  const { status, xml } = await query(undefined, {}, { path, method: "GET", isBare: true });
  expect([status, xml]).toEqual([404, "<UnknownOperationException/>"]);
});

for (const action of ["ListQueues", "CreateQueue"]) {
  behaviour(`${action} is refused at a queue URL`, REQUESTS, async () => {
    const path = new URL(await queue()).pathname;
    const { status, xml } = await query(action, { QueueName: unused() }, { path });
    expect(status).toBe(400);
    expect(xml).toBe(error("InvalidAction", `The action ${action} is not valid for this endpoint.`, xml));
  });
}
