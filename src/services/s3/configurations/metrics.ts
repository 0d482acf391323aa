import type { MetricsConfiguration } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { configuration } from "../buckets/configurations.ts";
import { checkDocument } from "../documents.ts";
import { checkSchema } from "../schema.ts";
import { checkFilter } from "./filters.ts";
import { checkId, deleteIdentified, getIdentified, listIdentified, putIdentified } from "./identified.ts";

const metrics = configuration<MetricsConfiguration>("metrics");

/** Request metrics of all objects or of those that match a filter. */
export const bucketMetrics = {
  async PutBucketMetricsConfiguration(ctx, input) {
    checkDocument(ctx);
    const document = input.MetricsConfiguration;
    checkSchema("PutBucketMetricsConfiguration", document);
    checkId(input, document);
    checkFilter(document.Filter);
    return ctx.transact(async (tx) => {
      await putIdentified(tx, metrics, input, document);
      return {};
    });
  },

  async GetBucketMetricsConfiguration(ctx, input) {
    return { MetricsConfiguration: await getIdentified(ctx, metrics, input) };
  },

  async ListBucketMetricsConfigurations(ctx, input) {
    const { shown, ...page } = await listIdentified(ctx, metrics, input, ({ Id }) => Id);
    return { ...page, MetricsConfigurationList: shown };
  },

  async DeleteBucketMetricsConfiguration(ctx, input) {
    return deleteIdentified(ctx, metrics, input);
  },
} satisfies Handlers<"s3">;
