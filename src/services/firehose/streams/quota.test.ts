import { expect, test } from "vitest";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { firehose } from "../service.ts";
import { type DeliveryStream, streams } from "../store.ts";

const QUOTA = 5_000;
const S3DestinationConfiguration = {
  RoleARN: "arn:aws:iam::000000000000:role/delivery",
  BucketARN: "arn:aws:s3:::box",
};

/** Creates the maximum number of streams at once, as one call for each would take minutes. */
const filling = defineService({
  id: "firehose",
  operations: [
    {
      ListDeliveryStreams: (ctx) =>
        ctx.transact((tx) => {
          for (let at = 0; at < QUOTA; at++)
            tx.put(streams, { name: `stream-${at}`, number: tx.sequence() } as DeliveryStream);
          return { DeliveryStreamNames: [], HasMoreDeliveryStreams: false };
        }),
    },
  ],
  access: { ListDeliveryStreams: () => [{ action: "firehose:ListDeliveryStreams", resource: "*" }] },
});

test("an account has at most 5,000 streams in a Region", async () => {
  const store = openMemory();
  const before = await testCloud([filling], { store });
  await before.aws.firehose.ListDeliveryStreams({});
  await before.close();

  const nube = await testCloud([firehose], { store });
  const create = () =>
    nube.aws.firehose.CreateDeliveryStream({ DeliveryStreamName: "one-more", S3DestinationConfiguration });
  await expect(create()).rejects.toMatchObject({ code: "LimitExceededException" });
  await nube.aws.firehose.DeleteDeliveryStream({ DeliveryStreamName: "stream-7" });
  await create();
  await nube.close();
});
