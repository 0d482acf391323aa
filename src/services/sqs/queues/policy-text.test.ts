import { afterEach, beforeEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { sqs } from "../service.ts";
import { queues } from "../store.ts";

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([sqs]);
});
afterEach(() => nube.close());

test("a policy that an earlier version stored with whitespace is shown and compared without it", async () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" };
  const policy = { Version: "2012-10-17", Statement: [statement] };
  const Policy = JSON.stringify(policy, null, 2);
  const create = () => nube.aws.sqs.CreateQueue({ QueueName: "q", Attributes: { Policy } });
  const { QueueUrl } = await create();
  await nube.cloud
    .context({ service: sqs, principal: rootOf(TEST_PLACE.account), place: TEST_PLACE, requestId: "r" })
    .transact(async (tx) => {
      const queue = (await tx.get(queues, ["q"]))!;
      tx.put(queues, { ...queue, attributes: { ...queue.attributes, policy: Policy } });
    });
  await expect(create()).resolves.toEqual({ QueueUrl });
  const shown = await nube.aws.sqs.GetQueueAttributes({ QueueUrl: QueueUrl!, AttributeNames: ["Policy"] });
  expect(shown).toEqual({ Attributes: { Policy: JSON.stringify(policy) } });
});
