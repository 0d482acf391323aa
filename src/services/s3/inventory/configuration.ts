import type { Handlers } from "#kernel/service.ts";
import { checkDestination } from "../configurations/destination.ts";
import {
  checkId,
  deleteIdentified,
  getIdentified,
  listIdentified,
  putIdentified,
} from "../configurations/identified.ts";
import { midnightAfter } from "../days.ts";
import { checkDocument } from "../documents.ts";
import { notImplemented } from "../errors.ts";
import { checkSchema } from "../schema.ts";
import { reportInventory } from "./report.ts";
import { inventories } from "./store.ts";

export const bucketInventory = {
  async PutBucketInventoryConfiguration(ctx, input) {
    checkDocument(ctx);
    const document = input.InventoryConfiguration;
    checkSchema("PutBucketInventoryConfiguration", document);
    checkId(input, document);
    checkDestination(document.Destination.S3BucketDestination.Bucket);
    if (document.Destination.S3BucketDestination.Encryption?.SSEKMS)
      throw notImplemented("Inventories encrypted by a key of KMS are not implemented.");
    return ctx.transact(async (tx) => {
      const generation = tx.sequence();
      const bucket = await putIdentified(tx, inventories, input, { document, generation });
      if (!document.IsEnabled) return {};
      const delay = midnightAfter(tx.now()) - tx.now();
      tx.enqueue(reportInventory, { bucket: bucket.name, id: document.Id, generation }, { delay });
      return {};
    });
  },

  async GetBucketInventoryConfiguration(ctx, input) {
    return { InventoryConfiguration: (await getIdentified(ctx, inventories, input)).document };
  },

  async ListBucketInventoryConfigurations(ctx, input) {
    const { shown, ...page } = await listIdentified(ctx, inventories, input, ({ document }) => document.Id);
    return { ...page, InventoryConfigurationList: shown.map(({ document }) => document) };
  },

  async DeleteBucketInventoryConfiguration(ctx, input) {
    return deleteIdentified(ctx, inventories, input);
  },
} satisfies Handlers<"s3">;
