import {
  CreateArchiveCommand,
  CreateEventBusCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, arn, guide, missing, name, PATTERN, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);
const OTHER = "111122223333";
const sendAsOther = ((command: never) =>
  new EventBridgeClient(cloud.client({ account: OTHER })).send(command)) as EventBridgeClient["send"];

/** Creates a bus whose policy allows these actions to the other account. */
async function busFor(...Action: string[]) {
  const EventBusName = name("bus");
  await send(new CreateEventBusCommand({ Name: EventBusName }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Sid: "other",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
      Action,
      Resource: [arn(`event-bus/${EventBusName}`), arn(`rule/${EventBusName}/*`)],
    },
  });
  if (Action.length > 0) await send(new PutPermissionCommand({ EventBusName, Policy }));
  return EventBusName;
}

behaviour(
  "an account can put a rule on another account's bus if the bus policy allows it",
  guide("eb-manage-iam-access"),
  async () => {
    const bus = await busFor("events:PutRule", "events:PutTargets", "events:ListTargetsByRule");
    const EventBusName = arn(`event-bus/${bus}`);
    const { RuleArn } = await sendAsOther(
      new PutRuleCommand({ Name: "r", EventBusName, EventPattern: PATTERN }),
    );
    expect(RuleArn).toBe(arn(`rule/${bus}/r`));
    const Targets = [{ Id: "a", Arn: `arn:aws:sqs:us-east-1:${OTHER}:q` }];
    await sendAsOther(new PutTargetsCommand({ Rule: "r", EventBusName, Targets }));
    expect((await sendAsOther(new ListTargetsByRuleCommand({ Rule: "r", EventBusName }))).Targets).toEqual(
      Targets,
    );
  },
);
behaviour(
  "CreatedBy is the rule's creator, but the rule belongs to the account of the bus",
  api("DescribeRule"),
  async () => {
    const bus = await busFor("events:PutRule");
    await sendAsOther(
      new PutRuleCommand({ Name: "r", EventBusName: arn(`event-bus/${bus}`), EventPattern: PATTERN }),
    );
    expect(await send(new DescribeRuleCommand({ Name: "r", EventBusName: bus }))).toMatchObject({
      Arn: arn(`rule/${bus}/r`),
      CreatedBy: OTHER,
    });
  },
);
behaviour(
  "without such a policy, PutRule and DescribeRule are denied",
  guide("eb-manage-iam-access"),
  async () => {
    const EventBusName = arn(`event-bus/${await busFor()}`);
    const denied = { name: "AccessDeniedException" };
    await expect(
      sendAsOther(new PutRuleCommand({ Name: "r", EventBusName, EventPattern: PATTERN })),
    ).rejects.toMatchObject(denied);
    await expect(sendAsOther(new ListRulesCommand({ EventBusName }))).rejects.toMatchObject(denied);
  },
);
behaviour("DescribeEventBus of another account's bus is refused", api("DescribeEventBus"), async () => {
  const bus = await busFor();
  await sendAsOther(new CreateEventBusCommand({ Name: bus }));
  const Name = arn(`event-bus/${bus}`);
  await expect(sendAsOther(new DescribeEventBusCommand({ Name }))).rejects.toMatchObject(
    missing(`Event bus ${bus} does not exist.`),
  );
});
behaviour("an archive requires a bus of its own Region", api("CreateArchive"), async () => {
  const bus = await busFor();
  const EventSourceArn = `arn:aws:events:us-west-2:${ACCOUNT}:event-bus/${bus}`;
  await expect(
    send(new CreateArchiveCommand({ ArchiveName: name("archive"), EventSourceArn })),
  ).rejects.toMatchObject(missing(`Event bus ${bus} does not exist.`));
});
