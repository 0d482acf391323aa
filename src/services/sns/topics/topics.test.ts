import { expect, test } from "vitest";
import { eraPrefix } from "#kernel/records/era.ts";
import { testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { sns } from "../service.ts";

test("a deleted FIFO topic leaves nothing behind", async () => {
  const store = openMemory();
  const { aws, advance, close } = await testCloud([sns], { store });
  const { TopicArn } = await aws.sns.CreateTopic({ Name: "things.fifo", Attributes: { FifoTopic: "true" } });
  await aws.sns.Subscribe({
    TopicArn: TopicArn!,
    Protocol: "sqs",
    Endpoint: "arn:aws:sqs:us-east-1:000000000000:queue.fifo",
  });
  for (let n = 0; n < 3; n++)
    await aws.sns.Publish({
      TopicArn: TopicArn!,
      Message: "hello",
      MessageGroupId: "g",
      MessageDeduplicationId: String(n),
    });
  await aws.sns.DeleteTopic({ TopicArn: TopicArn! });
  await advance("1h");
  const rows = await store.range({ start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 });
  const names = rows.map(({ key }) => Buffer.from(key.subarray(4, key.indexOf(0, 4))).toString());
  expect(names.filter((name) => name.startsWith("sns/"))).toEqual([]);
  await close();
});
