import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, fifo, attributes, arn } = sqsOn(cloud);
const policy = (target: string, maxReceiveCount: unknown) =>
  JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount });

const REASONS: [string, (target: string) => string, string | RegExp][] = [
  [
    "a target that does not exist",
    () => policy(arn("x/x/not-there"), 3),
    /Reason: Dead letter target does not exist\.$/,
  ],
  [
    "a target in another Region",
    (target) => policy(target.replace("us-east-1", "eu-west-1"), 3),
    /Reason: Dead-letter target must be in same region as the source\.$/,
  ],
  [
    "another account's target",
    (target) => policy(target.replace("000000000000", "111122223333"), 3),
    /Reason: Dead-letter target owner should be same as the source\.$/,
  ],
  [
    "a target that is not an ARN",
    () => policy("dead", 3),
    /Reason: Dead-letter target ARN should be fully qualified ARN\.$/,
  ],
  [
    "a target that is not a queue",
    () => policy("arn:aws:sns:us-east-1:000000000000:topic", 3),
    /Reason: Only SQS queues are valid resources for deadLetterTargetArn\.$/,
  ],
  [
    "an unknown member",
    (target) => JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount: 3, delay: 1 }),
    /Reason: Only following attributes are supported: \[deadLetterTargetArn, maxReceiveCount\]\.$/,
  ],
  ["no members", () => "{}", /Redrive policy does not contain mandatory attribute: maxReceiveCount\.$/],
  [
    "maxReceiveCount 0",
    (target) => policy(target, 0),
    /Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive\.$/,
  ],
  [
    "maxReceiveCount 1001",
    (target) => policy(target, 1_001),
    /valid values are from 1 to 1000 both inclusive\.$/,
  ],
  [
    "no maxReceiveCount",
    (target) => JSON.stringify({ deadLetterTargetArn: target }),
    /Redrive policy does not contain mandatory attribute: maxReceiveCount\.$/,
  ],
  [
    "no target",
    () => JSON.stringify({ maxReceiveCount: 3 }),
    /Redrive policy does not contain mandatory attribute: deadLetterTargetArn\.$/,
  ],
];
for (const [what, text, message] of REASONS) {
  behaviour(`a redrive policy with ${what} is refused`, api("SetQueueAttributes"), async () => {
    const [QueueUrl, target] = [await queue(), await queue()];
    const RedrivePolicy = text(arn(target));
    await refused(
      send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } })),
      "InvalidParameterValue",
      message,
    );
    expect((await attributes(QueueUrl)).RedrivePolicy).toBeUndefined();
  });
}

for (const RedrivePolicy of ["{", "[]", "3", " "])
  behaviour(`a redrive policy must be a JSON object, not ${RedrivePolicy}`, api("CreateQueue"), () =>
    refused(
      queue({ RedrivePolicy }),
      "InvalidAttributeValue",
      "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.",
    ),
  );

behaviour("the error for a redrive policy repeats the policy", api("CreateQueue"), async () => {
  const RedrivePolicy = policy("arn:aws:sqs:us-east-1:000000000000:not-there", 3);
  await refused(
    queue({ RedrivePolicy }),
    "InvalidParameterValue",
    `Value ${RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
  );
});

behaviour("the dead-letter queue of a FIFO queue must be FIFO", guide("sqs-dead-letter-queues"), async () => {
  const [standard, line] = [await queue(), await fifo()];
  await refused(fifo({ RedrivePolicy: policy(arn(standard), 1) }), "InvalidParameterValue");
  await refused(queue({ RedrivePolicy: policy(arn(line), 1) }), "InvalidParameterValue");
});

behaviour(
  "a redrive policy is returned with a numeric count, and removed by an empty one",
  api("SetQueueAttributes"),
  async () => {
    const dead = await queue();
    const live = await queue({ RedrivePolicy: policy(arn(dead), "3") });
    expect((await attributes(live)).RedrivePolicy).toBe(policy(arn(dead), 3));
    await send(new SetQueueAttributesCommand({ QueueUrl: live, Attributes: { RedrivePolicy: "" } }));
    expect((await attributes(live)).RedrivePolicy).toBeUndefined();
  },
);

behaviour("a dead-letter queue can deny all source queues", guide("sqs-dead-letter-queues"), async () => {
  const dead = await queue({ RedriveAllowPolicy: JSON.stringify({ redrivePermission: "denyAll" }) });
  await refused(queue({ RedrivePolicy: policy(arn(dead), 1) }), "InvalidParameterValue");
});

behaviour("a dead-letter queue can restrict its source queues", guide("sqs-dead-letter-queues"), async () => {
  const [source, other] = [await queue(), await queue()];
  const RedriveAllowPolicy = JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [arn(source)] });
  const dead = await queue({ RedriveAllowPolicy });
  const use = (QueueUrl: string) =>
    send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: policy(arn(dead), 1) } }));
  await use(source);
  await refused(use(other), "InvalidParameterValue");
});

for (const document of [{ redrivePermission: "some" }, {}, [], { redrivePermission: "allowAll", more: 1 }])
  behaviour(
    `the redrive allow policy ${JSON.stringify(document)} is refused`,
    api("SetQueueAttributes"),
    () =>
      refused(
        queue({ RedriveAllowPolicy: JSON.stringify(document) }),
        "InvalidAttributeValue",
        "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.",
      ),
  );

for (const [what, document, reason] of [
  [
    "byQueue without queues",
    { redrivePermission: "byQueue" },
    "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.",
  ],
  [
    "queues without byQueue",
    { redrivePermission: "allowAll", sourceQueueArns: ["arn:aws:sqs:us-east-1:000000000000:a"] },
    "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
  ],
  [
    "eleven queues",
    {
      redrivePermission: "byQueue",
      sourceQueueArns: Array.from({ length: 11 }, (_, n) => `arn:aws:sqs:us-east-1:000000000000:q${n}`),
    },
    "The maximum number of source queue ARNs you can specify is 10.",
  ],
  [
    // Quoted by https://github.com/badmintoncryer/cdk-preflight
    "a queue of another Region",
    { redrivePermission: "byQueue", sourceQueueArns: ["arn:aws:sqs:eu-west-1:000000000000:a"] },
    "All source queue ARNs must be in the same region as the current SQS queue.",
  ],
] as const)
  behaviour(`a redrive allow policy with ${what} is refused`, api("SetQueueAttributes"), () =>
    refused(
      queue({ RedriveAllowPolicy: JSON.stringify(document) }),
      "InvalidParameterValue",
      `Value ${JSON.stringify(document)} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. ${reason}`,
    ),
  );
