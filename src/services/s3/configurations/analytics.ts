import type { AnalyticsConfiguration } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { configuration } from "../buckets/configurations.ts";
import { checkDocument } from "../documents.ts";
import { checkSchema } from "../schema.ts";
import { checkDestination } from "./destination.ts";
import { checkFilter } from "./filters.ts";
import { checkId, deleteIdentified, getIdentified, listIdentified, putIdentified } from "./identified.ts";

const analytics = configuration<AnalyticsConfiguration>("analytics");

/** Storage class analysis: the configurations are stored and returned, but nothing is analyzed. */
export const bucketAnalytics = {
  async PutBucketAnalyticsConfiguration(ctx, input) {
    checkDocument(ctx);
    const document = input.AnalyticsConfiguration;
    checkSchema("PutBucketAnalyticsConfiguration", document);
    checkId(input, document);
    checkFilter(document.Filter);
    const { DataExport: exported } = document.StorageClassAnalysis;
    if (exported) checkDestination(exported.Destination.S3BucketDestination.Bucket);
    return ctx.transact(async (tx) => {
      await putIdentified(tx, analytics, input, document);
      return {};
    });
  },

  async GetBucketAnalyticsConfiguration(ctx, input) {
    return { AnalyticsConfiguration: await getIdentified(ctx, analytics, input) };
  },

  async ListBucketAnalyticsConfigurations(ctx, input) {
    const { shown, ...page } = await listIdentified(ctx, analytics, input, ({ Id }) => Id);
    return { ...page, AnalyticsConfigurationList: shown };
  },

  async DeleteBucketAnalyticsConfiguration(ctx, input) {
    return deleteIdentified(ctx, analytics, input);
  },
} satisfies Handlers<"s3">;
