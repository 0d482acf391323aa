import {
  CreateArchiveCommand,
  DeleteArchiveCommand,
  DeleteRuleCommand,
  DescribeArchiveCommand,
  DescribeReplayCommand,
  DisableRuleCommand,
  ListArchivesCommand,
  ListReplaysCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  RemoveTargetsCommand,
  StartReplayCommand,
  UpdateArchiveCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, arn, guide, invalid, missing, name, PATTERN, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);

describe("PutEvents", () => {
  const good: PutEventsRequestEntry = { Source: "shop", DetailType: "order", Detail: "{}" };
  const put = (...Entries: PutEventsRequestEntry[]) => send(new PutEventsCommand({ Entries }));
  const wrong: [string, PutEventsRequestEntry, string, string][] = [
    [
      "Source",
      { ...good, Source: undefined },
      "InvalidArgument",
      "Parameter Source is not valid. Reason: Source is a required argument.",
    ],
    [
      "DetailType",
      { ...good, DetailType: undefined },
      "InvalidArgument",
      "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
    ],
    [
      "Detail",
      { ...good, Detail: undefined },
      "InvalidArgument",
      "Parameter Detail is not valid. Reason: Detail is a required argument.",
    ],
    ["Detail as JSON", { ...good, Detail: "{" }, "MalformedDetail", "Detail is malformed."],
    ["Detail as an object", { ...good, Detail: '"text"' }, "MalformedDetail", "Detail is malformed."],
    [
      "Detail without excessive nesting",
      { ...good, Detail: `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}` },
      "MalformedDetail",
      "Detail is malformed.",
    ],
    [
      "a source that is not AWS's",
      { ...good, Source: "aws.s3" },
      "NotAuthorizedForSourceException",
      "Not authorized for the source.",
    ],
  ];
  for (const [what, entry, ErrorCode, ErrorMessage] of wrong) {
    behaviour(`an entry requires ${what}; the others are accepted`, api("PutEvents"), async () => {
      const { FailedEntryCount, Entries } = await put(entry, good);
      expect(FailedEntryCount).toBe(1);
      expect(Entries![0]).toEqual({ ErrorCode, ErrorMessage });
      expect(Entries![1]!.EventId).toMatch(/^[0-9a-f-]{36}$/);
    });
  }
  behaviour("a request has at most ten entries", api("PutEvents"), async () => {
    await expect(put(...Array(11).fill(good))).rejects.toMatchObject(
      invalid(/at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10/),
    );
  });
  behaviour("a request has at least one entry", api("PutEvents"), async () => {
    await expect(put()).rejects.toMatchObject(invalid(/Member must have length greater than or equal to 1/));
  });
  behaviour("an event for a missing bus is accepted", api("PutEvents"), async () => {
    expect((await put({ ...good, EventBusName: "nowhere" })).FailedEntryCount).toBe(0);
  });
  behaviour("the total size of the entries is limited", guide("eb-putevents"), async () => {
    const big = { ...good, Detail: JSON.stringify({ x: "x".repeat(600_000) }) };
    expect((await put(big)).FailedEntryCount).toBe(0);
    await expect(put(big, big)).rejects.toMatchObject(
      invalid("Total size of the entries in the request is over the limit."),
    );
  });
});

describe("archives and replays", () => {
  const EventSourceArn = arn("event-bus/default");
  const archive = async (more = {}) => {
    const ArchiveName = name("archive");
    const made = await send(new CreateArchiveCommand({ ArchiveName, EventSourceArn, ...more }));
    return { ArchiveName, made };
  };
  behaviour("an archive is enabled on creation", api("CreateArchive"), async () => {
    const { ArchiveName, made } = await archive();
    expect(made).toMatchObject({ ArchiveArn: arn(`archive/${ArchiveName}`), State: "ENABLED" });
  });
  behaviour("an archive without a retention keeps events forever", api("CreateArchive"), async () => {
    const { ArchiveName } = await archive();
    expect(await send(new DescribeArchiveCommand({ ArchiveName }))).toMatchObject({
      EventSourceArn,
      RetentionDays: 0,
      EventCount: 0,
      SizeBytes: 0,
    });
  });
  behaviour("an archive name is unique", api("CreateArchive"), async () => {
    const { ArchiveName } = await archive();
    await expect(send(new CreateArchiveCommand({ ArchiveName, EventSourceArn }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: `Archive ${ArchiveName} already exists.`,
    });
  });
  behaviour("an archive requires an existing bus", api("CreateArchive"), async () => {
    await expect(archive({ EventSourceArn: arn("event-bus/nowhere") })).rejects.toMatchObject(
      missing("Event bus nowhere does not exist."),
    );
  });
  behaviour("an archive's pattern is validated", api("CreateArchive"), async () => {
    await expect(archive({ EventPattern: '{"a":1}' })).rejects.toMatchObject({
      name: "InvalidEventPatternException",
    });
  });
  behaviour("UpdateArchive changes an archive", api("UpdateArchive"), async () => {
    const { ArchiveName } = await archive();
    await send(new UpdateArchiveCommand({ ArchiveName, RetentionDays: 7, EventPattern: PATTERN }));
    expect(await send(new DescribeArchiveCommand({ ArchiveName }))).toMatchObject({
      RetentionDays: 7,
      EventPattern: PATTERN,
    });
  });
  behaviour("UpdateArchive can remove the pattern", api("UpdateArchive"), async () => {
    const { ArchiveName } = await archive({ EventPattern: PATTERN });
    await send(new UpdateArchiveCommand({ ArchiveName, EventPattern: "" }));
    expect((await send(new DescribeArchiveCommand({ ArchiveName }))).EventPattern).toBeUndefined();
  });
  behaviour("DescribeArchive of a deleted archive fails", api("DeleteArchive"), async () => {
    const { ArchiveName } = await archive();
    await send(new DeleteArchiveCommand({ ArchiveName }));
    await expect(send(new DescribeArchiveCommand({ ArchiveName }))).rejects.toMatchObject(
      missing(`Archive ${ArchiveName} does not exist.`),
    );
  });
  behaviour("ListArchives filters by prefix and by bus", api("ListArchives"), async () => {
    const { ArchiveName } = await archive();
    const byPrefix = await send(new ListArchivesCommand({ NamePrefix: ArchiveName }));
    const byBus = await send(new ListArchivesCommand({ EventSourceArn }));
    expect(byPrefix.Archives!.map((one) => one.ArchiveName)).toEqual([ArchiveName]);
    expect(byBus.Archives!.map((one) => one.ArchiveName)).toContain(ArchiveName);
  });
  behaviour("ListArchives and ListReplays accept only one filter", api("ListArchives"), async () => {
    const message = (operation: string) =>
      `At most one filter is allowed for ${operation}. Use either : State, EventSourceArn, or NamePrefix.`;
    await expect(send(new ListArchivesCommand({ NamePrefix: "a", State: "ENABLED" }))).rejects.toMatchObject(
      invalid(message("ListArchives")),
    );
    await expect(send(new ListReplaysCommand({ NamePrefix: "a", EventSourceArn }))).rejects.toMatchObject(
      invalid(message("ListReplays")),
    );
  });
  behaviour("an archive creates a managed rule on its bus", guide("eb-archive-event"), async () => {
    const { ArchiveName, made } = await archive({ EventPattern: PATTERN });
    const Name = `Events-Archive-${ArchiveName}`;
    const { Rules } = await send(new ListRulesCommand({ NamePrefix: Name }));
    expect(Rules).toEqual([
      {
        Name,
        Arn: arn(`rule/${Name}`),
        EventBusName: "default",
        State: "ENABLED",
        ManagedBy: "prod.vhs.events.aws.internal",
        EventPattern: '{"source":["shop"],"replay-name":[{"exists":false}]}',
      },
    ]);
    const { Targets } = await send(new ListTargetsByRuleCommand({ Rule: Name }));
    expect(Targets).toMatchObject([{ Id: Name, Arn: "arn:aws:events:us-east-1:::" }]);
    expect(Targets![0]!.InputTransformer!.InputTemplate).toContain(`"archive-arn":"${made.ArchiveArn}:`);
  });
  behaviour(
    "anything after the first JSON value of an archive's pattern is ignored",
    api("CreateArchive"),
    async () => {
      const { ArchiveName } = await archive({ EventPattern: `${PATTERN} // all of it` });
      const { Rules } = await send(new ListRulesCommand({ NamePrefix: `Events-Archive-${ArchiveName}` }));
      expect(Rules).toMatchObject([{ EventPattern: '{"source":["shop"],"replay-name":[{"exists":false}]}' }]);
    },
  );
  behaviour("a managed rule cannot be changed by users", guide("eb-rules"), async () => {
    const { ArchiveName } = await archive();
    const Name = `Events-Archive-${ArchiveName}`;
    await expect(send(new DisableRuleCommand({ Name }))).rejects.toMatchObject({
      name: "ManagedRuleException",
    });
    const withoutForce = {
      name: "ManagedRuleException",
      message: `${Name} is a managed rule. Set 'force' parameter to true to override.`,
    };
    const removal = { Rule: Name, Ids: [Name] };
    await expect(send(new DeleteRuleCommand({ Name }))).rejects.toMatchObject(withoutForce);
    await expect(send(new RemoveTargetsCommand(removal))).rejects.toMatchObject(withoutForce);
    await send(new RemoveTargetsCommand({ ...removal, Force: true }));
    await send(new DeleteRuleCommand({ Name, Force: true }));
    await send(new DeleteArchiveCommand({ ArchiveName }));
    expect((await send(new ListRulesCommand({ NamePrefix: Name }))).Rules).toEqual([]);
  });
  behaviour("a replay requires an existing archive", api("StartReplay"), async () => {
    await expect(
      send(
        new StartReplayCommand({
          ReplayName: name("replay"),
          EventSourceArn: arn("archive/none"),
          EventStartTime: new Date(1_000),
          EventEndTime: new Date(2_000),
          Destination: { Arn: EventSourceArn },
        }),
      ),
    ).rejects.toMatchObject(
      invalid("Parameter EventSourceArn is not valid. Reason: Archive none does not exist."),
    );
  });
  behaviour("a replay completes", api("StartReplay"), async () => {
    const { made } = await archive();
    const ReplayName = name("replay");
    const end = new Date(Date.now() - 1_000);
    const started = await send(
      new StartReplayCommand({
        ReplayName,
        EventSourceArn: made.ArchiveArn!,
        EventStartTime: new Date("1960-01-01"),
        EventEndTime: end,
        Destination: { Arn: EventSourceArn },
      }),
    );
    expect(started).toMatchObject({ State: "STARTING", ReplayArn: arn(`replay/${ReplayName}`) });
    await cloud.advance(1_000);
    expect(await send(new DescribeReplayCommand({ ReplayName }))).toMatchObject({ State: "COMPLETED" });
    const { Replays } = await send(new ListReplaysCommand({ NamePrefix: ReplayName }));
    expect(Replays!.map((one) => one.ReplayName)).toEqual([ReplayName]);
  });
  behaviour("a replay must end after it starts", api("StartReplay"), async () => {
    const { made } = await archive();
    await expect(
      send(
        new StartReplayCommand({
          ReplayName: name("replay"),
          EventSourceArn: made.ArchiveArn!,
          EventStartTime: new Date(2_000),
          EventEndTime: new Date(1_000),
          Destination: { Arn: EventSourceArn },
        }),
      ),
    ).rejects.toMatchObject(invalid(/^Parameter EventEndTime is not valid\./));
  });
  behaviour("DescribeReplay of a missing replay fails", api("DescribeReplay"), async () => {
    await expect(send(new DescribeReplayCommand({ ReplayName: "none" }))).rejects.toMatchObject(
      missing("Replay none does not exist."),
    );
  });
});
