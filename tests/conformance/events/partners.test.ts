import {
  ActivateEventSourceCommand,
  CreateEventBusCommand,
  CreatePartnerEventSourceCommand,
  DeactivateEventSourceCommand,
  DeleteEventBusCommand,
  DeletePartnerEventSourceCommand,
  DescribeEventSourceCommand,
  DescribePartnerEventSourceCommand,
  EventBridgeClient,
  ListEventSourcesCommand,
  ListPartnerEventSourceAccountsCommand,
  ListPartnerEventSourcesCommand,
  PutPartnerEventsCommand,
  type PutPartnerEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, guide, invalid, missing, name, queue, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);
const PARTNER = "111122223333";
const asPartner = ((command: never) =>
  new EventBridgeClient(cloud.client({ account: PARTNER })).send(command)) as EventBridgeClient["send"];

const DAY = 86_400_000;
const sourceArn = (source: string) => `arn:aws:events:us-east-1::event-source/${source}`;

/** Creates a partner event source and offers it. */
async function offered(Account = ACCOUNT) {
  const Name = `aws.partner/example.com/${name("source")}`;
  await asPartner(new CreatePartnerEventSourceCommand({ Name, Account }));
  return Name;
}

const bus = (Name: string) => send(new CreateEventBusCommand({ Name, EventSourceName: Name }));
const state = async (Name: string) => (await send(new DescribeEventSourceCommand({ Name }))).State;
const expectMissing = (Name: string) =>
  expect(send(new DescribeEventSourceCommand({ Name }))).rejects.toMatchObject(
    missing(`Event source ${Name} does not exist.`),
  );
const put = (entry: PutPartnerEventsRequestEntry) =>
  asPartner(new PutPartnerEventsCommand({ Entries: [{ DetailType: "order", Detail: "{}", ...entry }] }));

describe("partner event sources", () => {
  behaviour("a source is pending until its account creates a bus for it", api("EventSource"), async () => {
    const Name = await offered();
    const source = await send(new DescribeEventSourceCommand({ Name }));
    expect(source).toMatchObject({ Arn: sourceArn(Name), Name, State: "PENDING" });
    expect(source.ExpirationTime!.getTime() - source.CreationTime!.getTime()).toBe(14 * DAY);
    await bus(Name);
    expect(await send(new DescribeEventSourceCommand({ Name }))).toMatchObject({ State: "ACTIVE" });
    expect((await send(new DescribeEventSourceCommand({ Name }))).ExpirationTime).toBeUndefined();
  });
  behaviour(
    "a source's partner is the beginning of its name",
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/events/source_data_source_test.go",
    async () => {
      const source = await send(new DescribeEventSourceCommand({ Name: await offered() }));
      expect(source.CreatedBy).toBe("aws.partner/example.com");
    },
  );
  behaviour("a source is offered to one account only", api("CreatePartnerEventSource"), async () => {
    await expectMissing(await offered("444455556666"));
  });
  behaviour("a source name is unique", api("CreatePartnerEventSource"), async () => {
    const Name = await offered();
    await expect(
      asPartner(new CreatePartnerEventSourceCommand({ Name, Account: ACCOUNT })),
    ).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    await expect(send(new CreatePartnerEventSourceCommand({ Name, Account: ACCOUNT }))).rejects.toMatchObject(
      { name: "ResourceAlreadyExistsException" },
    );
    await expect(send(new DescribePartnerEventSourceCommand({ Name }))).rejects.toMatchObject(
      missing(`Event source ${Name} does not exist.`),
    );
  });
  behaviour(
    "a name consists of the partner and two more parts",
    api("CreatePartnerEventSource"),
    async () => {
      await expect(
        asPartner(new CreatePartnerEventSourceCommand({ Name: "aws.partner/example.com", Account: ACCOUNT })),
      ).rejects.toMatchObject(invalid(/aws\\.partner/));
    },
  );
  behaviour("a pending source expires after two weeks", api("EventSource"), async () => {
    const Name = await offered();
    await cloud.advance(14 * DAY);
    await expectMissing(Name);
    const listed = new ListPartnerEventSourceAccountsCommand({ EventSourceName: Name });
    expect((await asPartner(listed)).PartnerEventSourceAccounts).toEqual([]);
    await asPartner(new CreatePartnerEventSourceCommand({ Name, Account: ACCOUNT }));
    expect(await state(Name)).toBe("PENDING");
  });
  behaviour(
    "a deactivated source keeps its bus and expires after two weeks",
    api("DeactivateEventSource"),
    async () => {
      const Name = await offered();
      await bus(Name);
      await send(new DeactivateEventSourceCommand({ Name }));
      expect(await state(Name)).toBe("PENDING");
      await send(new ActivateEventSourceCommand({ Name }));
      await cloud.advance(14 * DAY);
      expect(await state(Name)).toBe("ACTIVE");
      await send(new DeactivateEventSourceCommand({ Name }));
      await cloud.advance(14 * DAY);
      expect(await state(Name)).toBe("DELETED");
    },
  );
  behaviour(
    "only pending sources can be activated, and only active ones deactivated",
    api("ActivateEventSource"),
    async () => {
      const Name = await offered();
      await bus(Name);
      const invalidState = { name: "InvalidStateException", $metadata: { httpStatusCode: 400 } };
      await expect(send(new ActivateEventSourceCommand({ Name }))).rejects.toMatchObject(invalidState);
      await send(new DeactivateEventSourceCommand({ Name }));
      await expect(send(new DeactivateEventSourceCommand({ Name }))).rejects.toMatchObject(invalidState);
    },
  );
  behaviour(
    "a source without a bus cannot be activated",
    "https://github.com/aws/aws-sdk-js-v3/issues/4788",
    async () => {
      const Name = await offered();
      await expect(send(new ActivateEventSourceCommand({ Name }))).rejects.toMatchObject(
        missing(`Event source ${Name} or event bus ${Name} does not exist.`),
      );
    },
  );
  behaviour(
    "a source that its partner deletes has the state DELETED if it has a bus",
    api("DeletePartnerEventSource"),
    async () => {
      const [wanted, unwanted] = [await offered(), await offered()];
      await bus(wanted);
      for (const Name of [wanted, unwanted, unwanted])
        await asPartner(new DeletePartnerEventSourceCommand({ Name, Account: ACCOUNT }));
      expect(await state(wanted)).toBe("DELETED");
      await expectMissing(unwanted);
      await send(new DeleteEventBusCommand({ Name: wanted }));
      await expectMissing(wanted);
    },
  );
  behaviour("only the partner can delete a source", api("DeletePartnerEventSource"), async () => {
    const Name = await offered();
    await send(new DeletePartnerEventSourceCommand({ Name, Account: ACCOUNT }));
    expect(await state(Name)).toBe("PENDING");
  });
  behaviour("deleting a missing bus does not change its source", api("DeleteEventBus"), async () => {
    const Name = await offered();
    const { ExpirationTime } = await send(new DescribeEventSourceCommand({ Name }));
    await cloud.advance(DAY);
    await send(new DeleteEventBusCommand({ Name }));
    expect((await send(new DescribeEventSourceCommand({ Name }))).ExpirationTime).toEqual(ExpirationTime);
  });
  behaviour("deleting a bus keeps its source", api("DeleteEventBus"), async () => {
    const Name = await offered();
    await bus(Name);
    await send(new DeleteEventBusCommand({ Name }));
    expect(await state(Name)).toBe("PENDING");
    await bus(Name);
    expect(await state(Name)).toBe("ACTIVE");
  });
});

describe("listings", () => {
  behaviour("ListEventSources returns the offered sources in pages", api("ListEventSources"), async () => {
    const NamePrefix = "aws.partner/example.com/source";
    const offeredNames = [await offered(), await offered()];
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const listed = await send(new ListEventSourcesCommand({ NamePrefix, Limit: 1, NextToken }));
      expect(listed.EventSources!.length).toBeLessThanOrEqual(1);
      names.push(...listed.EventSources!.map(({ Name }) => Name!));
      NextToken = listed.NextToken;
    } while (NextToken);
    expect(names).toEqual(expect.arrayContaining(offeredNames));
    expect(
      (await send(new ListEventSourcesCommand({ NamePrefix: "aws.partner/other" }))).EventSources,
    ).toEqual([]);
  });
  behaviour(
    "ListPartnerEventSources returns the partner's sources",
    api("ListPartnerEventSources"),
    async () => {
      const Name = await offered();
      const { PartnerEventSources } = await asPartner(
        new ListPartnerEventSourcesCommand({ NamePrefix: "aws.partner/example.com/" }),
      );
      expect(PartnerEventSources).toContainEqual({ Arn: sourceArn(Name), Name });
      expect(await asPartner(new DescribePartnerEventSourceCommand({ Name }))).toMatchObject({
        Arn: sourceArn(Name),
        Name,
      });
    },
  );
  behaviour(
    "ListPartnerEventSourceAccounts does not return the source of another partner",
    api("ListPartnerEventSourceAccounts"),
    async () => {
      const Name = await offered();
      await cloud.advance(14 * DAY);
      await send(new CreatePartnerEventSourceCommand({ Name, Account: ACCOUNT }));
      const listed = new ListPartnerEventSourceAccountsCommand({ EventSourceName: Name });
      expect((await asPartner(listed)).PartnerEventSourceAccounts).toEqual([]);
      expect((await send(listed)).PartnerEventSourceAccounts).toMatchObject([{ Account: ACCOUNT }]);
    },
  );
  behaviour(
    "ListPartnerEventSourceAccounts returns the state of a source",
    api("ListPartnerEventSourceAccounts"),
    async () => {
      const Name = await offered();
      await asPartner(new CreatePartnerEventSourceCommand({ Name, Account: "444455556666" }));
      await bus(Name);
      const page = async (NextToken?: string) =>
        asPartner(new ListPartnerEventSourceAccountsCommand({ EventSourceName: Name, Limit: 1, NextToken }));
      const first = await page();
      expect(first.PartnerEventSourceAccounts).toMatchObject([{ Account: ACCOUNT, State: "ACTIVE" }]);
      const second = await page(first.NextToken);
      expect(second.PartnerEventSourceAccounts).toMatchObject([
        { Account: "444455556666", State: "PENDING" },
      ]);
      expect(second.NextToken).toBeUndefined();
      await expect(
        asPartner(new ListPartnerEventSourceAccountsCommand({ EventSourceName: `${Name}-other` })),
      ).rejects.toMatchObject(missing(`Event source ${Name}-other does not exist.`));
    },
  );
});

describe("PutPartnerEvents", () => {
  /** Creates a source with a bus, and a rule that forwards its events. */
  async function received() {
    const Name = await offered();
    await bus(Name);
    const QueueName = name("inbox");
    const sqs = new SQSClient(cloud.client());
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: queue(QueueName) },
    });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { Policy } }));
    await send(
      new PutRuleCommand({ Name: "all", EventBusName: Name, EventPattern: `{"source":["${Name}"]}` }),
    );
    const Targets = [{ Id: "1", Arn: queue(QueueName) }];
    await send(new PutTargetsCommand({ Rule: "all", EventBusName: Name, Targets }));
    const events = async () => {
      await cloud.advance(1_000);
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body }) => JSON.parse(Body!));
    };
    return { Name, events };
  }

  behaviour("an event is sent to the bus of its source", guide("eb-saas"), async () => {
    const { Name, events } = await received();
    const { FailedEntryCount, Entries } = await put({ Source: Name, Detail: '{"a":1}', Resources: ["r"] });
    expect(FailedEntryCount).toBe(0);
    expect(await events()).toMatchObject([
      {
        id: Entries![0]!.EventId,
        "detail-type": "order",
        source: Name,
        account: ACCOUNT,
        resources: ["r"],
        detail: { a: 1 },
      },
    ]);
  });
  behaviour(
    "an event of an inactive source is dropped",
    "https://github.com/auth0/docs/pull/8543",
    async () => {
      const { Name, events } = await received();
      await send(new DeactivateEventSourceCommand({ Name }));
      expect((await put({ Source: Name })).FailedEntryCount).toBe(0);
      await send(new ActivateEventSourceCommand({ Name }));
      await put({ Source: Name, DetailType: "later" });
      expect((await events()).map((event) => event["detail-type"])).toEqual(["later"]);
    },
  );
  behaviour("entries are validated separately", api("PutPartnerEvents"), async () => {
    const { Name } = await received();
    const valid = { Source: Name, DetailType: "order", Detail: "{}" };
    const { FailedEntryCount, Entries } = await asPartner(
      new PutPartnerEventsCommand({
        Entries: [
          { ...valid, Source: `${Name}-other` },
          { ...valid, DetailType: undefined },
          { ...valid, Detail: "{" },
          valid,
        ],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries!.map(({ ErrorCode, EventId }) => ErrorCode ?? typeof EventId)).toEqual([
      "NotAuthorizedForSourceException",
      "InvalidArgument",
      "MalformedDetail",
      "string",
    ]);
  });
  behaviour("a request has at most 20 entries", api("PutPartnerEvents"), async () => {
    const Entries = Array(21).fill({ Source: "s", DetailType: "t", Detail: "{}" });
    await expect(asPartner(new PutPartnerEventsCommand({ Entries }))).rejects.toMatchObject(
      invalid(/Member must have length less than or equal to 20/),
    );
  });
});
