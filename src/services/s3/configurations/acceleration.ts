import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { configuration } from "../buckets/configurations.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { checkSchema } from "../schema.ts";
import { accelerationOfDots } from "./errors.ts";

const acceleration = configuration<"Enabled" | "Suspended">("accelerate");

/** Transfer acceleration: the setting is stored and returned, but has no effect. */
export const bucketAcceleration = {
  async PutBucketAccelerateConfiguration(ctx, input) {
    checkDocument(ctx);
    checkSchema("PutBucketAccelerateConfiguration", input.AccelerateConfiguration);
    const { Status: status } = input.AccelerateConfiguration;
    if (status === undefined) throw malformedXml();
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (bucket.name.includes(".")) throw accelerationOfDots();
      acceleration.put(tx, bucket, status);
      return {};
    });
  },

  async GetBucketAccelerateConfiguration(ctx, input) {
    return ctx.read(async (tx) => ({
      Status: await acceleration.get(tx, await bucketAt(tx, input.Bucket)),
    }));
  },
} satisfies Handlers<"s3">;
