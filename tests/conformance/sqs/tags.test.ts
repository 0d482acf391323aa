import {
  CreateQueueCommand,
  ListQueueTagsCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, unused } = sqsOn(cloud);
const tag = (QueueUrl: string, Tags: Record<string, string>) => send(new TagQueueCommand({ QueueUrl, Tags }));
const tags = async (QueueUrl: string) => (await send(new ListQueueTagsCommand({ QueueUrl }))).Tags;

behaviour("a queue has no tags by default", api("ListQueueTags"), async () => {
  expect(await tags(await queue())).toBeUndefined();
});

behaviour("CreateQueue accepts tags", api("CreateQueue"), async () => {
  const { QueueUrl } = await send(new CreateQueueCommand({ QueueName: unused(), tags: { a: "1", b: "" } }));
  expect(await tags(QueueUrl!)).toEqual({ a: "1", b: "" });
});

behaviour("TagQueue adds tags and replaces values", api("TagQueue"), async () => {
  const QueueUrl = await queue();
  await tag(QueueUrl, { a: "1", b: "2" });
  await tag(QueueUrl, { b: "3", c: "4" });
  expect(await tags(QueueUrl)).toEqual({ a: "1", b: "3", c: "4" });
});

behaviour("tag keys and values are case-sensitive", guide("sqs-queue-tags"), async () => {
  const QueueUrl = await queue();
  await tag(QueueUrl, { key: "1", Key: "2" });
  expect(await tags(QueueUrl)).toEqual({ key: "1", Key: "2" });
});

behaviour("UntagQueue removes tags, and ignores missing ones", api("UntagQueue"), async () => {
  const QueueUrl = await queue();
  await tag(QueueUrl, { a: "1", b: "2" });
  await send(new UntagQueueCommand({ QueueUrl, TagKeys: ["a", "never"] }));
  expect(await tags(QueueUrl)).toEqual({ b: "2" });
});

for (const [what, TagKeys] of [
  ["no key", []],
  ["an empty key", [""]],
] as const)
  behaviour(`UntagQueue of ${what} is refused`, "https://github.com/getmoto/moto/issues/1686", async () =>
    refused(
      send(new UntagQueueCommand({ QueueUrl: await queue(), TagKeys: [...TagKeys] })),
      "InvalidParameterValue",
      "Tag keys must be between 1 and 128 characters in length.",
    ),
  );

behaviour("a queue has at most 50 tags", guide("sqs-queue-tags"), async () => {
  const tagsBetween = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`k${from + n}`, "v"]));
  const QueueUrl = await queue();
  await tag(QueueUrl, tagsBetween(0, 50));
  await refused(tag(QueueUrl, tagsBetween(50, 51)), "InvalidParameterValue");
});

for (const [what, key, value] of [
  ["a key that begins with aws:", "aws:mine", "v"],
  ["a key of 129 characters", "k".repeat(129), "v"],
  ["a value of 257 characters", "k", "v".repeat(257)],
] as const)
  behaviour(`a tag cannot have ${what}`, guide("sqs-queue-tags"), async () =>
    refused(tag(await queue(), { [key]: value }), "InvalidParameterValue"),
  );

for (const [what, key, value] of [
  ["keys", "a*", "v"],
  ["values", "k", "v*"],
] as const)
  behaviour(`the ${what} of tags have letters, digits and a few symbols`, guide("sqs-queue-tags"), async () =>
    refused(
      tag(await queue(), { [key]: value }),
      "InvalidParameterValue",
      `Tag ${what} may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @`,
    ),
  );

for (const [operation, call] of [
  ["TagQueue", (QueueUrl: string) => tag(QueueUrl, { a: "1" })],
  ["UntagQueue", (QueueUrl: string) => send(new UntagQueueCommand({ QueueUrl, TagKeys: ["a"] }))],
  ["ListQueueTags", (QueueUrl: string) => tags(QueueUrl)],
] as const)
  behaviour(`${operation} of a missing queue fails`, api(operation), () =>
    refused(call(`${cloud.endpoint}/000000000000/${unused()}`), "QueueDoesNotExist"),
  );
