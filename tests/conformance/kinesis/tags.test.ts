import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DeleteResourcePolicyCommand,
  DescribeStreamConsumerCommand,
  GetResourcePolicyCommand,
  KinesisClient,
  ListTagsForResourceCommand,
  ListTagsForStreamCommand,
  PutResourcePolicyCommand,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  SubscribeToShardCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { identities } from "../identities.ts";
import { ACCOUNT, api, arn, FIRST, invalid, kinesisOf, missing, OBSERVED, uniqueName } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

behaviour("tags are added, replaced, listed in pages and removed", api("AddTagsToStream"), async () => {
  const { StreamName } = await stream({ ShardCount: 1, Tags: { a: "0" } });
  await send(new AddTagsToStreamCommand({ StreamName, Tags: { a: "1", b: "2", c: "3" } }));
  const first = await send(new ListTagsForStreamCommand({ StreamName, Limit: 2 }));
  expect(first).toMatchObject({
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
    HasMoreTags: true,
  });
  await send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys: ["c", "never"] }));
  const rest = await send(new ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: "a" }));
  expect(rest).toMatchObject({ Tags: [{ Key: "b", Value: "2" }], HasMoreTags: false });
});

behaviour("a stream has at most fifty tags", api("AddTagsToStream"), async () => {
  const { StreamName } = await stream();
  const tags = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, "v"]));
  await send(new AddTagsToStreamCommand({ StreamName, Tags: tags(0, 50) }));
  await expect(send(new AddTagsToStreamCommand({ StreamName, Tags: tags(50, 1) }))).rejects.toMatchObject(
    invalid(
      `Failed to add tags to stream ${StreamName} under account ${ACCOUNT} because a given stream cannot have more than 50 tags associated with it.`,
    ),
  );
});

behaviour("tags with invalid characters are refused", api("AddTagsToStream"), async () => {
  const { StreamName } = await stream();
  const strange = invalid(
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
  );
  const illegal = (what: string) =>
    invalid(
      `Failed to ${what} stream ${StreamName} under account ${ACCOUNT} because some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.`,
    );
  const add = (Tags: Record<string, string>) => send(new AddTagsToStreamCommand({ StreamName, Tags }));
  const remove = (...TagKeys: string[]) => send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys }));
  await expect(add({ "a;": "b" })).rejects.toMatchObject(strange);
  await expect(add({ a: "b|" })).rejects.toMatchObject(strange);
  await expect(remove("a^")).rejects.toMatchObject(strange);
  await expect(add({ a: "b%" })).rejects.toMatchObject(illegal("add tags to"));
  await expect(remove("a%")).rejects.toMatchObject(illegal("remove tags from"));
  await add({ "schlüssel / _.=+-@": "ü 1" });
});

for (const kind of ["stream", "consumer"] as const) {
  behaviour(`a ${kind} is tagged by its ARN`, api("TagResource"), async () => {
    const { StreamARN } = await stream();
    const { Consumer } = await send(
      new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: uniqueName("c"), Tags: { first: "1" } }),
    );
    const ResourceARN = kind === "stream" ? StreamARN : Consumer!.ConsumerARN!;
    const listTags = async () => (await send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
    expect(await listTags()).toEqual(kind === "stream" ? [] : [{ Key: "first", Value: "1" }]);
    await send(new TagResourceCommand({ ResourceARN, Tags: { more: "2" } }));
    await send(new UntagResourceCommand({ ResourceARN, TagKeys: ["first"] }));
    expect(await listTags()).toEqual([{ Key: "more", Value: "2" }]);
  });
}

for (const kind of ["stream", "consumer"] as const) {
  behaviour(`the policy of a ${kind} is put, read and deleted`, api("PutResourcePolicy"), async () => {
    const { StreamARN } = await stream();
    const { Consumer } = await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
    const ResourceARN = kind === "stream" ? StreamARN : Consumer!.ConsumerARN!;
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111111111111:root" },
          Action: kind === "stream" ? "kinesis:PutRecord" : "kinesis:SubscribeToShard",
          Resource: ResourceARN,
        },
      ],
    });
    const policy = async () => (await send(new GetResourcePolicyCommand({ ResourceARN }))).Policy;
    expect(await policy()).toBe("{}");
    await send(new PutResourcePolicyCommand({ ResourceARN, Policy }));
    expect(await policy()).toBe(Policy);
    await send(new DeleteResourcePolicyCommand({ ResourceARN }));
    await expect(send(new DeleteResourcePolicyCommand({ ResourceARN }))).rejects.toMatchObject(
      missing(`No resource policy found for resource ARN ${ResourceARN}`),
    );
  });
}

behaviour(
  "the policy of a consumer allows another account to describe it and to subscribe",
  api("PutResourcePolicy"),
  async () => {
    const { StreamARN } = await stream();
    const { Consumer } = await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
    const { ConsumerARN } = Consumer!;
    const other = new KinesisClient(cloud.client({ account: "111111111111" }));
    const described = () => other.send(new DescribeStreamConsumerCommand({ ConsumerARN }));
    const subscribed = () =>
      other.send(
        new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: { Type: "LATEST" } }),
      );
    for (const call of [described, subscribed])
      await expect(call()).rejects.toMatchObject({ name: "AccessDeniedException" });
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "111111111111" },
          Action: ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"],
          Resource: ConsumerARN,
        },
      ],
    });
    await send(new PutResourcePolicyCommand({ ResourceARN: ConsumerARN, Policy }));
    expect((await described()).ConsumerDescription!.ConsumerARN).toBe(ConsumerARN);
    for await (const event of (await subscribed()).EventStream!) {
      expect(event.SubscribeToShardEvent!.Records).toEqual([]);
      break;
    }
    other.destroy();
  },
);

/** The AWS provider of Terraform finds a difference between what it sent, indented, and what it reads. */
const PROVIDER =
  "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/kinesis/resource_policy_identity_gen_test.go";
behaviour("GetResourcePolicy returns a policy without white space, in canonical form", PROVIDER, async () => {
  const { StreamARN: ResourceARN } = await stream();
  const [Version, Effect, Action] = ["2012-10-17", "Allow", "kinesis:PutRecord"];
  const Statement = [{ Resource: ResourceARN, Action: [Action], Principal: { AWS: "111111111111" }, Effect }];
  const Policy = JSON.stringify({ Version, Id: "writers", Statement }, null, 2);
  await send(new PutResourcePolicyCommand({ ResourceARN, Policy }));
  const Principal = { AWS: "arn:aws:iam::111111111111:root" };
  expect((await send(new GetResourcePolicyCommand({ ResourceARN }))).Policy).toBe(
    JSON.stringify({
      Version,
      Id: "writers",
      Statement: [{ Effect, Principal, Action, Resource: ResourceARN }],
    }),
  );
});

behaviour("GetResourcePolicy refuses a resource that does not exist", api("PutResourcePolicy"), async () => {
  const ResourceARN = arn("nowhere");
  await expect(send(new GetResourcePolicyCommand({ ResourceARN }))).rejects.toMatchObject(
    missing(`Stream with ARN ${ResourceARN} not found`),
  );
});

behaviour("tag keys with the prefix aws: are refused", api("AddTagsToStream"), async () => {
  const { StreamName } = await stream();
  const Tags = { "aws:mine": "1" };
  await expect(send(new AddTagsToStreamCommand({ StreamName, Tags }))).rejects.toMatchObject({
    name: "InvalidArgumentException",
  });
});

const statement = (more: object) => ({
  Effect: "Allow",
  Principal: { AWS: "111111111111" },
  Action: "kinesis:PutRecord",
  ...more,
});
const at = "Policy validation error: Resource policy contains invalid statement at line 1, column 38:";
for (const [what, more, message] of [
  [
    "requires a principal",
    { Principal: undefined },
    "Policy validation error: Missing required field Principal",
  ],
  [
    "refuses actions of other services",
    { Action: "s3:GetObject" },
    `${at} Action field includes AWS services that are inconsistent with specified vendor`,
  ],
  [
    "refuses another resource",
    { Resource: arn("other") },
    `${at} The resource policy's resource must be the same as the resource ARN.`,
  ],
] as const) {
  behaviour(`a policy ${what}`, OBSERVED, async () => {
    const { StreamARN: ResourceARN } = await stream();
    const Statement = [statement({ Resource: ResourceARN, ...more })];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await expect(send(new PutResourcePolicyCommand({ ResourceARN, Policy }))).rejects.toMatchObject(
      invalid(message),
    );
  });
}

behaviour("a policy with wildcards in actions is refused", OBSERVED, async () => {
  const { StreamARN: ResourceARN } = await stream();
  for (const Action of ["kinesis:*", "kinesis:Put*"]) {
    const Statement = statement({ Resource: ResourceARN, Action });
    await expect(
      send(new PutResourcePolicyCommand({ ResourceARN, Policy: JSON.stringify({ Statement }) })),
    ).rejects.toMatchObject(invalid(expect.stringContaining("invalid actions")));
  }
});

behaviour(
  "creating a resource with tags requires the permission to tag it",
  api("CreateStream"),
  async () => {
    const users = identities(cloud);
    const userThatMay = (...actions: string[]) =>
      new KinesisClient(
        users.user(uniqueName("maker"), {
          account: ACCOUNT,
          allows: [{ Effect: "Allow", Action: actions.map((action) => `kinesis:${action}`), Resource: "*" }],
        }),
      );
    const Tags = { a: "b" };
    const denied = { name: "AccessDeniedException" };
    const create = (client: KinesisClient, more: object) =>
      client.send(new CreateStreamCommand({ StreamName: uniqueName("tagged"), ShardCount: 1, ...more }));
    const maker = userThatMay("CreateStream", "RegisterStreamConsumer");
    await create(maker, {});
    await expect(create(maker, { Tags })).rejects.toMatchObject(denied);
    const tagger = userThatMay("CreateStream", "AddTagsToStream", "RegisterStreamConsumer", "TagResource");
    await create(tagger, { Tags });
    const { StreamARN } = await stream();
    const register = (client: KinesisClient, more: object) =>
      client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: uniqueName("c"), ...more }));
    await register(maker, {});
    await expect(register(maker, { Tags })).rejects.toMatchObject(denied);
    await register(tagger, { Tags });
    maker.destroy();
    tagger.destroy();
  },
);
