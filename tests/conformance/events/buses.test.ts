import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListTagsForResourceCommand,
  PutEventsCommand,
  PutPermissionCommand,
  PutRuleCommand,
  type PutRuleCommandInput,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventBusCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, arn, guide, invalid, missing, name, PATTERN, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);

async function rule(more: Partial<PutRuleCommandInput> = {}) {
  const Name = name("rule");
  await send(new PutRuleCommand({ Name, EventPattern: PATTERN, ...more }));
  return Name;
}

describe("event buses", () => {
  behaviour("the default bus exists from the beginning", guide("eb-event-bus"), async () => {
    expect(await send(new DescribeEventBusCommand({}))).toMatchObject({
      Name: "default",
      Arn: arn("event-bus/default"),
    });
  });
  behaviour("CreateEventBus returns an ARN", api("CreateEventBus"), async () => {
    const Name = name("bus");
    expect((await send(new CreateEventBusCommand({ Name }))).EventBusArn).toBe(arn(`event-bus/${Name}`));
  });
  behaviour("a bus name is unique", api("CreateEventBus"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    await expect(send(new CreateEventBusCommand({ Name }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: `Event bus ${Name} already exists.`,
    });
  });
  behaviour("a custom bus cannot be named default", api("CreateEventBus"), async () => {
    await expect(send(new CreateEventBusCommand({ Name: "default" }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
    });
  });
  behaviour(
    "a name may have letters, digits, periods, hyphens and underscores",
    api("CreateEventBus"),
    async () => {
      await expect(send(new CreateEventBusCommand({ Name: "no spaces" }))).rejects.toMatchObject(
        invalid(/^1 validation error detected: Value 'no spaces' at 'name' failed to satisfy constraint/),
      );
    },
  );
  behaviour("the name of a custom bus cannot have a slash", api("CreateEventBus"), async () => {
    await expect(send(new CreateEventBusCommand({ Name: "a/b" }))).rejects.toMatchObject(
      invalid("Event bus name must not contain '/'."),
    );
  });
  for (const Name of ["aws.mine", "aws.partner/example.com/orders"])
    behaviour(
      `${Name} is not a valid name of a custom bus`,
      "https://github.com/amzn/selling-partner-api-models/issues/4638",
      async () => {
        await expect(send(new CreateEventBusCommand({ Name }))).rejects.toMatchObject(
          invalid("EventBus name starting with 'aws.' is not valid."),
        );
      },
    );
  behaviour("a partner event bus requires an existing event source", api("CreateEventBus"), async () => {
    const source = "aws.partner/example.com/orders";
    await expect(
      send(new CreateEventBusCommand({ Name: source, EventSourceName: source })),
    ).rejects.toMatchObject(missing(`Event source ${source} does not exist.`));
    await expect(
      send(new CreateEventBusCommand({ Name: `${source}/other`, EventSourceName: source })),
    ).rejects.toMatchObject(invalid("Event bus name must match event source name."));
  });
  behaviour("DescribeEventBus accepts a name or an ARN", api("DescribeEventBus"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name, Description: "for tests" }));
    const byName = await send(new DescribeEventBusCommand({ Name }));
    const byArn = await send(new DescribeEventBusCommand({ Name: byName.Arn }));
    expect(byArn).toMatchObject({ Name, Description: "for tests", CreationTime: byName.CreationTime });
  });
  behaviour("DescribeEventBus of a missing bus fails", api("DescribeEventBus"), async () => {
    await expect(send(new DescribeEventBusCommand({ Name: "nowhere" }))).rejects.toMatchObject(
      missing("Event bus nowhere does not exist."),
    );
  });
  behaviour("UpdateEventBus changes the description", api("UpdateEventBus"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    await send(new UpdateEventBusCommand({ Name, Description: "changed" }));
    expect((await send(new DescribeEventBusCommand({ Name }))).Description).toBe("changed");
  });
  behaviour("the default bus cannot be deleted", api("DeleteEventBus"), async () => {
    await expect(send(new DeleteEventBusCommand({ Name: "default" }))).rejects.toMatchObject(
      invalid("Cannot delete event bus default."),
    );
  });
  behaviour("deleting a missing bus succeeds", api("DeleteEventBus"), async () => {
    expect((await send(new DeleteEventBusCommand({ Name: "nowhere" }))).$metadata.httpStatusCode).toBe(200);
  });
  behaviour("a bus with rules cannot be deleted", api("DeleteEventBus"), async () => {
    const EventBusName = name("bus");
    await send(new CreateEventBusCommand({ Name: EventBusName }));
    const Name = await rule({ EventBusName });
    await expect(send(new DeleteEventBusCommand({ Name: EventBusName }))).rejects.toMatchObject(
      invalid("EventBus can't be deleted since it has rules."),
    );
    await send(new DeleteRuleCommand({ Name, EventBusName }));
    await send(new DeleteEventBusCommand({ Name: EventBusName }));
  });
  behaviour(
    "ListEventBuses filters by prefix, and includes the default bus",
    api("ListEventBuses"),
    async () => {
      await send(new CreateEventBusCommand({ Name: "def-bus" }));
      const { EventBuses } = await send(new ListEventBusesCommand({ NamePrefix: "def" }));
      expect(EventBuses!.map((bus) => bus.Name)).toEqual(["def-bus", "default"]);
    },
  );
  behaviour("ListEventBuses pages", api("ListEventBuses"), async () => {
    for (const Name of ["page-a", "page-b", "page-c"]) await send(new CreateEventBusCommand({ Name }));
    const first = await send(new ListEventBusesCommand({ NamePrefix: "page-", Limit: 2 }));
    const second = await send(
      new ListEventBusesCommand({ NamePrefix: "page-", Limit: 2, NextToken: first.NextToken }),
    );
    expect([...first.EventBuses!, ...second.EventBuses!].map((bus) => bus.Name)).toEqual([
      "page-a",
      "page-b",
      "page-c",
    ]);
    expect(second.NextToken).toBeUndefined();
  });
  behaviour("Limit must be between 1 and 100", api("ListEventBuses"), async () => {
    await expect(send(new ListEventBusesCommand({ Limit: 101 }))).rejects.toMatchObject(
      invalid(
        /Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100/,
      ),
    );
  });
});

describe("permissions", () => {
  behaviour("PutPermission adds a statement to the bus policy", api("PutPermission"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    await send(
      new PutPermissionCommand({
        EventBusName: Name,
        Action: "events:PutEvents",
        Principal: "111122223333",
        StatementId: "s1",
      }),
    );
    const { Policy } = await send(new DescribeEventBusCommand({ Name }));
    expect(JSON.parse(Policy!)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "s1",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "events:PutEvents",
          Resource: arn(`event-bus/${Name}`),
        },
      ],
    });
  });
  behaviour("PutPermission accepts everybody under a condition", api("PutPermission"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    const Condition = { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1234567890" };
    await send(
      new PutPermissionCommand({
        EventBusName: Name,
        Action: "events:PutEvents",
        Principal: "*",
        StatementId: "s",
        Condition,
      }),
    );
    const { Policy } = await send(new DescribeEventBusCommand({ Name }));
    expect(JSON.parse(Policy!).Statement[0]).toMatchObject({
      Principal: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } },
    });
  });
  behaviour("an invalid policy is refused and leaves the bus unchanged", api("PutPermission"), async () => {
    const EventBusName = name("bus");
    await send(new CreateEventBusCommand({ Name: EventBusName }));
    const put = (Policy: string) => send(new PutPermissionCommand({ EventBusName, Policy }));
    for (const policy of ["[]", "{", '{"Statement":null}', '{"Statement":[null]}', '{"Statement":[{}]}'])
      await expect(put(policy)).rejects.toMatchObject(invalid(/^Parameter Policy is not valid\./));
    const Condition = { Type: "Nonsense", Key: "aws:PrincipalOrgID", Value: "o-1" };
    const statement = { Action: "events:PutEvents", Principal: "*", StatementId: "s" };
    await expect(
      send(new PutPermissionCommand({ EventBusName, ...statement, Condition })),
    ).rejects.toMatchObject(invalid(/^Parameter Policy is not valid\./));
    const Entries = [{ EventBusName, Source: "s", DetailType: "d", Detail: "{}" }];
    expect(await send(new PutEventsCommand({ Entries }))).toMatchObject({ FailedEntryCount: 0 });
  });
  behaviour("a policy has a maximum length", api("PutPermission"), async () => {
    const Policy = JSON.stringify({ Statement: [], Id: "x".repeat(10_240) });
    await expect(send(new PutPermissionCommand({ Policy }))).rejects.toMatchObject({
      name: "PolicyLengthExceededException",
    });
  });
  behaviour("RemovePermission can remove all permissions at once", api("RemovePermission"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    await send(
      new PutPermissionCommand({
        EventBusName: Name,
        Action: "events:PutEvents",
        Principal: "*",
        StatementId: "s",
      }),
    );
    await send(new RemovePermissionCommand({ EventBusName: Name, RemoveAllPermissions: true }));
    expect((await send(new DescribeEventBusCommand({ Name }))).Policy).toBeUndefined();
  });
  behaviour("RemovePermission of a missing statement fails", api("RemovePermission"), async () => {
    const Name = name("bus");
    await send(new CreateEventBusCommand({ Name }));
    await expect(
      send(new RemovePermissionCommand({ EventBusName: Name, StatementId: "none" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
  behaviour(
    "another account may put events only if the bus policy allows it",
    guide("eb-cross-account"),
    async () => {
      const Name = name("bus");
      await send(new CreateEventBusCommand({ Name }));
      const other = new EventBridgeClient(cloud.client({ account: "111122223333" }));
      const put = () =>
        other.send(
          new PutEventsCommand({
            Entries: [{ EventBusName: arn(`event-bus/${Name}`), Source: "s", DetailType: "d", Detail: "{}" }],
          }),
        );
      expect((await put()).FailedEntryCount).toBe(1);
      await send(
        new PutPermissionCommand({
          EventBusName: Name,
          Action: "events:PutEvents",
          Principal: "111122223333",
          StatementId: "s",
        }),
      );
      expect((await put()).FailedEntryCount).toBe(0);
    },
  );
});

describe("tags", () => {
  behaviour("buses and rules can be tagged", api("TagResource"), async () => {
    const ResourceARN = arn(`rule/${await rule()}`);
    await send(
      new TagResourceCommand({
        ResourceARN,
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "a", Value: "3" }] }));
    await send(new UntagResourceCommand({ ResourceARN, TagKeys: ["b", "none"] }));
    expect((await send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([
      { Key: "a", Value: "3" },
    ]);
  });
  behaviour("ListTagsForResource of a missing rule fails", api("ListTagsForResource"), async () => {
    await expect(
      send(new ListTagsForResourceCommand({ ResourceARN: arn("rule/none") })),
    ).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
  behaviour("ListTagsForResource of an incomplete ARN fails", api("ListTagsForResource"), async () => {
    for (const ResourceARN of [arn("rule"), arn("rule/"), arn("event-bus"), arn("archive/a")])
      await expect(send(new ListTagsForResourceCommand({ ResourceARN }))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
  });
});
