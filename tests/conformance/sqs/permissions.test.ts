import {
  AddPermissionCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { client, send, queue, put, receive, attributes, arn, unused } = sqsOn(cloud);
const OTHER = "111122223333";
const add = (QueueUrl: string, Label: string, AWSAccountIds: string[], Actions: string[]) =>
  send(new AddPermissionCommand({ QueueUrl, Label, AWSAccountIds, Actions }));
const removePermission = (QueueUrl: string, Label: string) =>
  send(new RemovePermissionCommand({ QueueUrl, Label }));
const policyOf = async (QueueUrl: string) => {
  const { Policy } = await attributes(QueueUrl);
  return Policy === undefined ? undefined : JSON.parse(Policy);
};
const setPolicy = (QueueUrl: string, ...statements: object[]) =>
  send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: {
        Policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: statements.map((statement) => ({ Resource: arn(QueueUrl), ...statement })),
        }),
      },
    }),
  );
const sendAs = (account: string, QueueUrl: string) =>
  client(account).send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));

behaviour("AddPermission adds a statement to the queue policy", api("AddPermission"), async () => {
  const QueueUrl = await queue();
  await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
  expect(await policyOf(QueueUrl)).toEqual({
    Version: "2008-10-17",
    Id: `${arn(QueueUrl)}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: "share",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
        Action: "SQS:SendMessage",
        Resource: arn(QueueUrl),
      },
    ],
  });
});

behaviour("several accounts and actions are written as lists", api("AddPermission"), async () => {
  const QueueUrl = await queue();
  await add(QueueUrl, "share", [OTHER, "444455556666"], ["SendMessage", "ReceiveMessage"]);
  expect((await policyOf(QueueUrl)).Statement[0]).toMatchObject({
    Principal: { AWS: [`arn:aws:iam::${OTHER}:root`, "arn:aws:iam::444455556666:root"] },
    Action: ["SQS:SendMessage", "SQS:ReceiveMessage"],
  });
});

behaviour("AddPermission keeps the existing statements", api("AddPermission"), async () => {
  const QueueUrl = await queue();
  await setPolicy(QueueUrl, { Sid: "mine", Effect: "Allow", Principal: "*", Action: "sqs:GetQueueUrl" });
  await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
  expect((await policyOf(QueueUrl)).Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual([
    "mine",
    "share",
  ]);
});

behaviour("a label is unique", api("AddPermission"), async () => {
  const QueueUrl = await queue();
  await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
  await refused(
    add(QueueUrl, "share", [OTHER], ["ReceiveMessage"]),
    "InvalidParameterValue",
    "Value share for parameter Label is invalid. Reason: Already exists.",
  );
});

behaviour("a permission has at most seven actions", api("AddPermission"), async () =>
  refused(
    add(await queue(), "share", [OTHER], Array(8).fill("SendMessage")),
    "OverLimit",
    "8 Actions were found, maximum allowed is 7.",
    403,
  ),
);

behaviour("AddPermission refuses actions that only the owner may call", api("AddPermission"), async () =>
  refused(
    add(await queue(), "share", [OTHER], ["SetQueueAttributes"]),
    "InvalidParameterValue",
    "Value SQS:SetQueueAttributes for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.",
  ),
);

behaviour("AddPermission refuses unknown actions", api("AddPermission"), async () =>
  refused(
    add(await queue(), "share", [OTHER], ["SendMessageBatch"]),
    "InvalidParameterValue",
    "Value SQS:SendMessageBatch for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.",
  ),
);

behaviour("a policy has at most twenty statements", guide("quotas-policies"), async () => {
  const QueueUrl = await queue();
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" };
  await setPolicy(QueueUrl, ...Array(20).fill(statement));
  const message = "21 statements were found in the submitted policy, max allowed is 20";
  await refused(setPolicy(QueueUrl, ...Array(21).fill(statement)), "OverLimit", message, 403);
  await refused(
    add(QueueUrl, "share", [OTHER], ["SendMessage"]),
    "OverLimit",
    "21 Statements were found, maximum allowed is 20.",
    403,
  );
});

behaviour("a statement has at most seven actions", guide("quotas-policies"), async () => {
  const QueueUrl = await queue();
  const statement = { Effect: "Allow", Principal: "*" };
  await setPolicy(QueueUrl, { ...statement, Action: Array(7).fill("sqs:SendMessage") });
  await refused(
    setPolicy(QueueUrl, { ...statement, Action: Array(10).fill("sqs:SendMessage") }),
    "OverLimit",
    "10 actions were found in a statement from the submitted policy, max allowed is 7",
    403,
  );
});

behaviour("a policy has at most fifty principals", guide("quotas-policies"), async () => {
  const QueueUrl = await queue();
  const of = (count: number) => ({
    Effect: "Allow",
    Principal: { AWS: Array(count).fill(OTHER) },
    Action: "sqs:SendMessage",
  });
  await setPolicy(QueueUrl, of(50));
  await refused(setPolicy(QueueUrl, of(51)), "OverLimit", undefined, 403);
});

behaviour("a policy has at most 8,192 bytes", guide("quotas-policies"), async () => {
  const QueueUrl = await queue();
  const of = (Sid: string) => ({ Sid, Effect: "Allow", Principal: "*", Action: "sqs:SendMessage" });
  await setPolicy(QueueUrl, of("s".repeat(7_900)));
  const message = "Submitted policy is over max allowed size.";
  await refused(setPolicy(QueueUrl, of("s".repeat(8_192))), "OverLimit", message, 403);
  await refused(add(QueueUrl, "share", [OTHER], ["SendMessage"]), "OverLimit", message, 403);
});

behaviour("account IDs must have twelve digits", api("AddPermission"), async () =>
  refused(add(await queue(), "share", ["somebody"], ["SendMessage"]), "InvalidParameterValue"),
);

for (const [what, label] of [
  ["a space", "a b"],
  ["81 characters", "x".repeat(81)],
] as const)
  behaviour(`a label cannot have ${what}`, api("AddPermission"), async () =>
    refused(add(await queue(), label, [OTHER], ["SendMessage"]), "InvalidParameterValue"),
  );

behaviour("RemovePermission removes the statement with the label", api("RemovePermission"), async () => {
  const QueueUrl = await queue();
  for (const label of ["one", "two"]) await add(QueueUrl, label, [OTHER], ["SendMessage"]);
  await removePermission(QueueUrl, "one");
  expect((await policyOf(QueueUrl)).Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(["two"]);
  await removePermission(QueueUrl, "two");
  expect(await policyOf(QueueUrl)).toBeUndefined();
});

behaviour("RemovePermission of a missing label is refused", api("RemovePermission"), async () =>
  refused(
    removePermission(await queue(), "never"),
    "InvalidParameterValue",
    "Value never for parameter Label is invalid. Reason: can't find label on existing policy.",
  ),
);

behaviour("AddPermission and RemovePermission of a missing queue fail", api("AddPermission"), async () => {
  const QueueUrl = `${cloud.endpoint}/000000000000/${unused()}`;
  await refused(add(QueueUrl, "share", [OTHER], ["SendMessage"]), "QueueDoesNotExist");
  await refused(removePermission(QueueUrl, "share"), "QueueDoesNotExist");
});

behaviour("another account is denied by default", guide("sqs-basic-examples-of-sqs-policies"), async () => {
  const QueueUrl = await queue();
  await refused(
    sendAs(OTHER, QueueUrl),
    "AccessDenied",
    new RegExp(
      `^User: arn:aws:iam::${OTHER}:root is not authorized to perform: sqs:sendmessage on resource: ${arn(QueueUrl)} `,
    ),
    403,
  );
});

behaviour(
  "another account may call only the actions that the policy allows",
  guide("sqs-basic-examples-of-sqs-policies"),
  async () => {
    const QueueUrl = await queue();
    await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
    await sendAs(OTHER, QueueUrl);
    await refused(
      client(OTHER).send(new ReceiveMessageCommand({ QueueUrl })),
      "AccessDenied",
      undefined,
      403,
    );
    await refused(sendAs("444455556666", QueueUrl), "AccessDenied", undefined, 403);
  },
);

behaviour("SenderId identifies the sender of a message", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
  await sendAs(OTHER, QueueUrl);
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["SenderId"] });
  expect(message!.Attributes).toEqual({ SenderId: OTHER });
});

behaviour(
  "another account can receive and delete messages if allowed",
  guide("sqs-basic-examples-of-sqs-policies"),
  async () => {
    const QueueUrl = await queue();
    await add(QueueUrl, "share", [OTHER], ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]);
    await put(QueueUrl, "x");
    const otherAccount = client(OTHER);
    const { Messages } = await otherAccount.send(new ReceiveMessageCommand({ QueueUrl }));
    await otherAccount.send(
      new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }),
    );
    const { Attributes } = await otherAccount.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessagesNotVisible"] }),
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesNotVisible: "0" });
  },
);

behaviour("only the owner may delete a queue", api("DeleteQueue"), async () => {
  const QueueUrl = await queue();
  await setPolicy(QueueUrl, { Effect: "Allow", Principal: "*", Action: "sqs:*" });
  await refused(client(OTHER).send(new DeleteQueueCommand({ QueueUrl })), "AccessDenied", undefined, 403);
});

behaviour(
  "permission for SendMessage includes SendMessageBatch",
  guide("sqs-api-permissions-reference"),
  async () => {
    const QueueUrl = await queue();
    await add(QueueUrl, "share", [OTHER], ["SendMessage"]);
    const { Successful } = await client(OTHER).send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", MessageBody: "x" }] }),
    );
    expect(Successful!.length).toBe(1);
  },
);

behaviour("a condition restricts the permission", guide("sqs-basic-examples-of-sqs-policies"), async () => {
  const QueueUrl = await queue();
  const from = (range: string) => ({
    Effect: "Allow",
    Principal: "*",
    Action: "sqs:SendMessage",
    Condition: { IpAddress: { "aws:SourceIp": range } },
  });
  await setPolicy(QueueUrl, from("203.0.113.0/24"));
  await refused(sendAs(OTHER, QueueUrl), "AccessDenied", undefined, 403);
  await setPolicy(QueueUrl, from("127.0.0.0/8"));
  await sendAs(OTHER, QueueUrl);
});

behaviour(
  "a policy may name its queue by the path of its URL, as the first AWS SDK for Ruby does",
  "https://docs.aws.amazon.com/AWSRubySDK/latest/AWS/SNS/Topic.html",
  async () => {
    const QueueUrl = await queue();
    const allowed = { Effect: "Allow", Principal: { AWS: ["*"] }, Action: ["sqs:SendMessage"] };
    await setPolicy(QueueUrl, { ...allowed, Resource: ["/000000000000/another"] });
    await refused(sendAs(OTHER, QueueUrl), "AccessDenied", undefined, 403);
    await setPolicy(QueueUrl, { ...allowed, Resource: [new URL(QueueUrl).pathname] });
    await sendAs(OTHER, QueueUrl);
  },
);

behaviour("an explicit deny applies to everyone", guide("sqs-basic-examples-of-sqs-policies"), async () => {
  const QueueUrl = await queue();
  await setPolicy(
    QueueUrl,
    { Effect: "Allow", Principal: "*", Action: "sqs:*" },
    { Effect: "Deny", Principal: { AWS: OTHER }, Action: "sqs:SendMessage" },
  );
  await refused(sendAs(OTHER, QueueUrl), "AccessDenied", undefined, 403);
  await sendAs("444455556666", QueueUrl);
});
