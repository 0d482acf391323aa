import type { IntelligentTieringConfiguration } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { checkFilter } from "../configurations/filters.ts";
import {
  checkId,
  deleteIdentified,
  getIdentified,
  listIdentified,
  putIdentified,
} from "../configurations/identified.ts";
import { checkDocument } from "../documents.ts";
import { invalidArgument, malformedXml } from "../errors.ts";
import { putAging } from "../lifecycle/mark.ts";
import { ensureWalks } from "../lifecycle/midnight.ts";
import { checkSchema } from "../schema.ts";
import { tieringConfigurations } from "./store.ts";

const MAX_DAYS = 730;
const MIN_DAYS = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 };

export const bucketTiering = {
  async PutBucketIntelligentTieringConfiguration(ctx, input) {
    checkDocument(ctx);
    const document = input.IntelligentTieringConfiguration;
    checkSchema("PutBucketIntelligentTieringConfiguration", document);
    checkId(input, document);
    checkFilter(document.Filter);
    checkTiers(document);
    return ctx.transact(async (tx) => {
      const bucket = await putIdentified(tx, tieringConfigurations, input, document);
      await ensureWalks(tx, putAging(tx, { ...bucket, tiers: true }));
      return {};
    });
  },

  async GetBucketIntelligentTieringConfiguration(ctx, input) {
    return { IntelligentTieringConfiguration: await getIdentified(ctx, tieringConfigurations, input) };
  },

  async ListBucketIntelligentTieringConfigurations(ctx, input) {
    const { shown, ...page } = await listIdentified(ctx, tieringConfigurations, input, ({ Id }) => Id);
    return { ...page, IntelligentTieringConfigurationList: shown };
  },

  async DeleteBucketIntelligentTieringConfiguration(ctx, input) {
    return deleteIdentified(ctx, tieringConfigurations, input, async (tx, bucket) => {
      const { tiers: _, ...without } = bucket;
      if ((await tieringConfigurations.list(tx, bucket)).length === 0) putAging(tx, without);
    });
  },
} satisfies Handlers<"s3">;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html */
function checkTiers({ Tierings: tierings }: IntelligentTieringConfiguration): void {
  const named = tierings.map(({ AccessTier }) => AccessTier);
  if (tierings.length === 0 || new Set(named).size < named.length) throw malformedXml();
  for (const { AccessTier, Days } of tierings) {
    const min = MIN_DAYS[AccessTier];
    if (!(Days >= min && Days <= MAX_DAYS))
      throw invalidArgument(`Days for ${AccessTier} must be between ${min} and ${MAX_DAYS}`, "Days", Days);
  }
}
