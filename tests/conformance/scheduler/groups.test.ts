import {
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-scheduler";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { api, arn, conflict, guide, invalid, missing, name, scheduling } from "./client.ts";

const cloud = conformanceCloud();
const { send, create } = scheduling(cloud);

async function group(more: object = {}) {
  const Name = name("group");
  const made = await send(new CreateScheduleGroupCommand({ Name, ...more }));
  return { Name, made };
}

describe("schedule groups", () => {
  behaviour("the default group exists from the beginning", guide("managing-schedule-group"), async () => {
    const { $metadata: _, ...group } = await send(new GetScheduleGroupCommand({ Name: "default" }));
    expect(group).toEqual({ Name: "default", Arn: arn("schedule-group/default"), State: "ACTIVE" });
  });
  behaviour("CreateScheduleGroup returns an ARN", api("CreateScheduleGroup"), async () => {
    const { Name, made } = await group();
    expect(made.ScheduleGroupArn).toBe(arn(`schedule-group/${Name}`));
  });
  behaviour("GetScheduleGroup returns state and times", api("GetScheduleGroup"), async () => {
    const { Name } = await group();
    expect(await send(new GetScheduleGroupCommand({ Name }))).toMatchObject({
      Arn: arn(`schedule-group/${Name}`),
      Name,
      State: "ACTIVE",
      CreationDate: expect.any(Date),
      LastModificationDate: expect.any(Date),
    });
  });
  behaviour("a group name is unique", api("CreateScheduleGroup"), async () => {
    const { Name } = await group();
    await expect(send(new CreateScheduleGroupCommand({ Name }))).rejects.toMatchObject(
      conflict(`Schedule group ${Name} already exists.`),
    );
  });
  behaviour("a group cannot have the name of the default one", api("CreateScheduleGroup"), async () => {
    await expect(send(new CreateScheduleGroupCommand({ Name: "default" }))).rejects.toMatchObject(
      invalid("This operation cannot be performed on schedule group default."),
    );
  });
  behaviour("requests with the same client token are one request", api("CreateScheduleGroup"), async () => {
    const ClientToken = "token-1";
    const { Name, made } = await group({ ClientToken });
    const again = await send(new CreateScheduleGroupCommand({ Name, ClientToken }));
    expect(again.ScheduleGroupArn).toBe(made.ScheduleGroupArn);
  });
  behaviour("GetScheduleGroup of a missing group fails", api("GetScheduleGroup"), async () => {
    await expect(send(new GetScheduleGroupCommand({ Name: "none" }))).rejects.toMatchObject(
      missing("Schedule group none does not exist."),
    );
  });
  behaviour("DeleteScheduleGroup of a missing group fails", api("DeleteScheduleGroup"), async () => {
    await expect(send(new DeleteScheduleGroupCommand({ Name: "none" }))).rejects.toMatchObject(
      missing("Schedule group none does not exist."),
    );
  });
  behaviour("the default group cannot be deleted", guide("managing-schedule-group-delete"), async () => {
    await expect(send(new DeleteScheduleGroupCommand({ Name: "default" }))).rejects.toMatchObject(
      invalid("This operation cannot be performed on schedule group default."),
    );
  });
  behaviour("deleting a group deletes its schedules", api("DeleteScheduleGroup"), async () => {
    const { Name: GroupName } = await group();
    const { Name } = await create({ GroupName });
    await send(new DeleteScheduleGroupCommand({ Name: GroupName }));
    await cloud.advance(1_000);
    await expect(send(new GetScheduleGroupCommand({ Name: GroupName }))).rejects.toMatchObject(
      missing(`Schedule group ${GroupName} does not exist.`),
    );
    await expect(send(new GetScheduleCommand({ Name, GroupName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
  const names: [string, string, RegExp][] = [
    ["letters, digits, points, hyphens and underscores", "a b", /Member must satisfy regular expression/],
    ["up to 64 characters", "x".repeat(65), /Member must have length less than or equal to 64/],
  ];
  for (const [what, Name, message] of names) {
    behaviour(`a group's name may have only ${what}`, api("CreateScheduleGroup"), async () => {
      await expect(send(new CreateScheduleGroupCommand({ Name }))).rejects.toMatchObject(invalid(message));
    });
  }
  behaviour("ListScheduleGroups filters by prefix, and pages", api("ListScheduleGroups"), async () => {
    for (const Name of ["list-b", "list-a", "list-c"]) await send(new CreateScheduleGroupCommand({ Name }));
    const first = await send(new ListScheduleGroupsCommand({ NamePrefix: "list-", MaxResults: 2 }));
    expect(first.ScheduleGroups!.map((one) => one.Name)).toEqual(["list-a", "list-b"]);
    const second = await send(
      new ListScheduleGroupsCommand({ NamePrefix: "list-", MaxResults: 2, NextToken: first.NextToken! }),
    );
    expect(second.ScheduleGroups!.map((one) => one.Name)).toEqual(["list-c"]);
    expect(second.NextToken).toBeUndefined();
  });
  behaviour("ListScheduleGroups includes the default group", api("ListScheduleGroups"), async () => {
    const { ScheduleGroups } = await send(new ListScheduleGroupsCommand({ NamePrefix: "def" }));
    expect(ScheduleGroups!.map((one) => one.Name)).toEqual(["default"]);
  });
  behaviour("MaxResults is at most 100", api("ListScheduleGroups"), async () => {
    await expect(send(new ListScheduleGroupsCommand({ MaxResults: 101 }))).rejects.toMatchObject(
      invalid(/Member must have value less than or equal to 100/),
    );
  });
});

describe("tags of groups", () => {
  const tagsOf = async (ResourceArn: string) =>
    (await send(new ListTagsForResourceCommand({ ResourceArn }))).Tags;

  behaviour("CreateScheduleGroup accepts tags", api("CreateScheduleGroup"), async () => {
    const Tags = [{ Key: "a", Value: "1" }];
    const { made } = await group({ Tags });
    expect(await tagsOf(made.ScheduleGroupArn!)).toEqual(Tags);
  });
  behaviour("ListTagsForResource of a group without tags is empty", api("ListTagsForResource"), async () => {
    const { made } = await group();
    expect(await tagsOf(made.ScheduleGroupArn!)).toEqual([]);
  });
  behaviour("a tag replaces another with the same key", api("TagResource"), async () => {
    const { made } = await group({ Tags: [{ Key: "a", Value: "1" }] });
    const ResourceArn = made.ScheduleGroupArn!;
    await send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "2" }] }));
    expect(await tagsOf(ResourceArn)).toEqual([{ Key: "a", Value: "2" }]);
  });
  behaviour(
    "tag keys that begin with aws: are reserved",
    doc("tag-editor/latest/userguide/best-practices-and-strats.html"),
    async () => {
      const Tags = [{ Key: "aws:team", Value: "a" }];
      const reserved = invalid("Tag keys beginning with aws: are reserved for system use.");
      await expect(group({ Tags })).rejects.toMatchObject(reserved);
      const { made } = await group();
      const command = new TagResourceCommand({ ResourceArn: made.ScheduleGroupArn!, Tags });
      await expect(send(command)).rejects.toMatchObject(reserved);
    },
  );
  behaviour("UntagResource removes tags by key, and ignores missing ones", api("UntagResource"), async () => {
    const { made } = await group({
      Tags: [
        { Key: "a", Value: "1" },
        { Key: "b", Value: "2" },
      ],
    });
    const ResourceArn = made.ScheduleGroupArn!;
    await send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a", "none"] }));
    expect(await tagsOf(ResourceArn)).toEqual([{ Key: "b", Value: "2" }]);
  });
  behaviour("a group of another Region or account cannot be tagged", api("TagResource"), async () => {
    const { made } = await group();
    for (const ResourceArn of [
      made.ScheduleGroupArn!.replace("us-east-1", "eu-west-1"),
      made.ScheduleGroupArn!.replace(/\d{12}/, "111122223333"),
    ])
      for (const command of [
        new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "1" }] }),
        new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }),
        new ListTagsForResourceCommand({ ResourceArn }),
      ])
        await expect(send(command as never)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
  behaviour("tagging of a missing group fails", api("ListTagsForResource"), async () => {
    await expect(tagsOf(arn("schedule-group/none"))).rejects.toMatchObject(
      missing("Schedule group none does not exist."),
    );
  });
  behaviour("a schedule cannot be tagged", api("TagResource"), async () => {
    await expect(
      send(
        new TagResourceCommand({
          ResourceArn: arn("schedule/default/s"),
          Tags: [{ Key: "a", Value: "1" }],
        }),
      ),
    ).rejects.toMatchObject(invalid(/at 'resourceArn' failed to satisfy constraint/));
  });
});
